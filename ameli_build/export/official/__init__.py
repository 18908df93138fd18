"""The data set in the authors' layout: file names, integer ids, and a writer for each kind of record."""
