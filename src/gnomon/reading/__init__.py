"""The reading desk: files and pages become text with headings, passages, sentences and terms; no disk, no network."""
