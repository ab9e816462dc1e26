// Package compare owns the comparison of what a profile wants with what is live: settings against
// settings in, findings out, each with a direction that the catalog or the meaning of a document
// gives. It reads no files and prints nothing. Start reading at Finding, then at Compare.
package compare
