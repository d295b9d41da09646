"""The library: folders of documents, watched, read and searched, in a database and a process of its own."""
