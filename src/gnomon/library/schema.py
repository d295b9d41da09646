"""The tables of the library's file.

Two kinds: what must outlive every rebuild because addresses were given out (realms, folders, documents, editions),
and what is made again from the folders (files, passages, their words and vectors). Each has its version.
"""

import sqlite3
from typing import Final

KEPT: Final = 1
"""Version of the tables that a rebuild carries over."""
MADE: Final = 1
"""Version of the tables made from the folders, and of how text is read and cut: one more, and all is read anew."""
VERSION: Final = KEPT * 1000 + MADE

CARRIED: Final = ("realm", "folder", "document", "edition")
"""The tables that a rebuild carries over, each after those it refers to."""

_TABLES = """
CREATE TABLE realm (
  seq INTEGER PRIMARY KEY,
  workspace TEXT NOT NULL UNIQUE
);
CREATE TABLE standing (
  realm INTEGER PRIMARY KEY REFERENCES realm,
  documents INTEGER NOT NULL DEFAULT 0,
  passages INTEGER NOT NULL DEFAULT 0,
  length INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE folder (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  realm INTEGER NOT NULL REFERENCES realm,
  path TEXT NOT NULL,
  label TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  UNIQUE (realm, path)
);
CREATE TABLE walk (
  folder INTEGER PRIMARY KEY,
  walked_at INTEGER NOT NULL,
  problem TEXT,
  skipped TEXT NOT NULL
);
CREATE TABLE document (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  realm INTEGER NOT NULL REFERENCES realm,
  folder INTEGER,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  sought TEXT NOT NULL,
  edition INTEGER NOT NULL DEFAULT 0,
  sha256 BLOB NOT NULL,
  characters INTEGER NOT NULL DEFAULT 0,
  passages INTEGER NOT NULL DEFAULT 0,
  length INTEGER NOT NULL DEFAULT 0,
  read_at INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  origin_url TEXT,
  notes TEXT NOT NULL DEFAULT '[]',
  gone_at INTEGER,
  cut INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX document_name ON document (realm, name, seq) WHERE gone_at IS NULL;
CREATE INDEX document_content ON document (realm, sha256);
CREATE INDEX document_place ON document (folder, name);
CREATE INDEX document_gone ON document (gone_at) WHERE gone_at IS NOT NULL;
CREATE TABLE edition (
  document INTEGER NOT NULL REFERENCES document,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  read_at INTEGER NOT NULL,
  headings TEXT NOT NULL,
  text BLOB NOT NULL,
  UNIQUE (document, number)
);
CREATE TABLE file (
  folder INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL,
  state TEXT NOT NULL,
  is_fresh INTEGER NOT NULL DEFAULT 0,
  document INTEGER,
  code TEXT,
  message TEXT,
  PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX file_state ON file (folder, state, name) WHERE state <> 'read';
CREATE INDEX file_document ON file (document) WHERE document IS NOT NULL;
CREATE TABLE passage (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  document INTEGER NOT NULL,
  cut INTEGER NOT NULL,
  start INTEGER NOT NULL,
  heading TEXT NOT NULL,
  page INTEGER,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  length INTEGER NOT NULL
);
CREATE INDEX passage_document ON passage (document, cut);
CREATE TABLE leftover (
  document INTEGER PRIMARY KEY
);
CREATE TABLE vector (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  passage INTEGER NOT NULL UNIQUE,
  value BLOB NOT NULL
);
CREATE TABLE embedder (
  name TEXT PRIMARY KEY,
  mark TEXT NOT NULL
);
"""
WEIGHTS: Final = (2.0, 1.5, 1.0)
"""How much a word in a title, a heading and the text counts."""


def create(connection: sqlite3.Connection) -> None:
    """Write the tables, in the transaction that is open."""
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def create_realm(connection: sqlite3.Connection, workspace: str) -> int:
    """Make a workspace's realm, with an index of its own: what others hold must not weigh in its scores."""
    made = connection.execute("INSERT INTO realm (workspace) VALUES (?)", (workspace,)).lastrowid
    assert made is not None
    create_index(connection, made)
    return made


def create_index(connection: sqlite3.Connection, realm: int) -> None:
    """Make the index of a realm's words, and say that it is empty."""
    connection.execute(
        f"CREATE VIRTUAL TABLE words_{realm} USING fts5(title, heading, text, content='', "
        "tokenize='porter unicode61 remove_diacritics 2')"
    )
    weights = ", ".join(map(str, WEIGHTS))
    connection.execute(f"INSERT INTO words_{realm} (words_{realm}, rank) VALUES ('rank', 'bm25({weights})')")
    connection.execute(f"CREATE VIRTUAL TABLE term_{realm} USING fts5vocab('words_{realm}', 'row')")
    connection.execute("INSERT INTO standing (realm) VALUES (?)", (realm,))
