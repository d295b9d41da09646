"""The reading desk: files and pages become plain text with headings, passages, sentences and terms; no disk, no net."""
