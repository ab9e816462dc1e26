package bundle

// Options of Write.
type Options struct {
	// Force overwrites files changed by hand since the last run, and writes into a directory
	// that has files but no record. Files that no bundle has are kept even so.
	Force bool
}

// Result is what Write did.
type Result struct {
	Written   []string // created or replaced, by path within the bundle, the record included
	Removed   []string // of the previous bundle and not of this one
	Unchanged int      // files that were already as they should be
}
