package bundle

import (
	"fmt"

	"github.com/hardstrap/hardstrap/internal/diag"
)

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

// Changed reports whether anything was written or removed.
func (r Result) Changed() bool { return len(r.Written)+len(r.Removed) > 0 }

// RefusedError says that writing would lose what hardstrap did not write, or go where it must
// not. Nothing was written. It wraps a diag.List with every file concerned.
type RefusedError struct{ Problems diag.List }

// Error returns every problem, one a line.
func (e *RefusedError) Error() string { return e.Problems.Error() }

// Unwrap returns the list of problems.
func (e *RefusedError) Unwrap() error { return e.Problems }

// LockedError says that another run is writing to the same directory.
type LockedError struct{ Dir string }

// Error says what to do.
func (e *LockedError) Error() string {
	return e.Dir + ": another run of hardstrap is writing there; wait until it is done"
}

// Write makes dir hold exactly the bundle, beside whatever else stands in it that no bundle
// wrote. The new tree is built in a hidden directory beside dir, written out to disk, and then
// takes dir's place in one step, so that a run that ends at any moment, or a full disk, leaves
// the old bundle or the new one; where the system cannot exchange two directories in one step,
// a run that ends between the two it needs leaves no dir, and the next run brings back the old.
// What a run left behind is removed by the next. Files that do not change keep their inode.
// When nothing changes, nothing is written.
//
// The error is a *RefusedError when dir is not a directory, is a symbolic link, a mount point
// or the working directory, has files and no record, or when a file was changed since the last
// run; a *LockedError when another run is at work; anything else is a failure of the system.
func Write(dir string, b *Bundle, o Options) (Result, error) {
	w := &writer{options: o, step: func(string) error { return nil }, exchange: exchange, flush: syncAll}
	return w.write(dir, b)
}

// Check returns the error that Write would return by what stands in dir now, and writes nothing.
func Check(dir string, b *Bundle, o Options) error {
	t, err := locate(dir)
	if err != nil {
		return err
	}
	files, err := b.withRecord()
	if err != nil {
		return err
	}
	_, err = survey(t, files, o)
	return err
}

// writer is one run of Write. step is called before every change to the disk with its name; an
// error it returns ends the run as if the change itself had failed. Tests give their own, and
// an exchange that is not supported, and a flush that does not wait for the disk.
type writer struct {
	options  Options
	step     func(name string) error
	exchange func(a, b string) error
	flush    func(paths []string) error // writes files and directories out to disk
}

func (w *writer) write(dir string, b *Bundle) (Result, error) {
	t, err := locate(dir)
	if err != nil {
		return Result{}, err
	}
	files, err := b.withRecord()
	if err != nil {
		return Result{}, err
	}
	// Looking first keeps a run that changes nothing from touching the disk at all.
	p, err := survey(t, files, w.options)
	if err != nil {
		return Result{}, err
	}
	if p.result.Changed() || t.leftover() {
		p, err = w.replace(t, files)
	}
	if err != nil {
		return Result{}, err
	}
	return p.result, nil
}

// replace does what Write promises while it holds the lock.
func (w *writer) replace(t *target, files []File) (*plan, error) {
	lock, err := t.lock()
	if err != nil {
		return nil, err
	}
	defer lock.release()
	if err := w.recover(t); err != nil {
		return nil, fmt.Errorf("%s: cleaning up after a run that was stopped: %w", t.shown, err)
	}
	p, err := survey(t, files, w.options) // again: it may have changed before the lock was held
	if err != nil || !p.result.Changed() {
		return p, err
	}
	if err := w.build(t, p); err != nil {
		return nil, fmt.Errorf("%s: cannot be written, nothing was changed: %w", t.shown, err)
	}
	if err := w.swap(t, p); err != nil {
		return nil, err
	}
	return p, nil
}
