// Package snapshot owns what diff reads of a node as one file, so that a node can be looked at elsewhere and
// later: which files are taken, how secrets in them are replaced before anything leaves memory, how the file is
// written, and how one from anywhere is read without trusting it. It never takes a private key, never
// takes a file whose secrets it could not find, and judges nothing. Start reading at Write, then at Open.
package snapshot
