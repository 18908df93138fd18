"""The data set in the authors' layout: names of files, integer ids, and a writer for each kind of record."""
