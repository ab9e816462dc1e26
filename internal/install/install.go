package install

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Install makes the node's files what the bundle says, and everything else stay as it is. Every file
// changes in one step; before the first does, a journal says which and a backup below StateDir has
// what stood there. A run that ends at any moment leaves each file old or new; the same bundle
// finishes it, and Rollback takes it back. When nothing is to change, nothing is written.
//
// The error is a *RefusedError when something stands in the way, and nothing was written; anything
// else is a failure of the system.
func Install(o Options) (*Plan, error) {
	t, err := openTree(o.Root)
	if err != nil {
		return nil, err
	}
	defer t.root.Close()
	return realWriter(t).install(o)
}

func (w *writer) install(o Options) (*Plan, error) {
	p, err := survey(w.tree, o)
	if err != nil {
		return nil, err
	}
	if len(p.Problems.Errors()) > 0 {
		return p, &RefusedError{p.Problems.Errors()}
	}
	if p.Idle() {
		return p, nil
	}
	release, err := w.hold()
	if err != nil {
		return nil, err
	}
	defer release()
	if p, err = survey(w.tree, o); err != nil { // again: it may have changed before the lock was held
		return nil, err
	}
	if len(p.Problems.Errors()) > 0 {
		return p, &RefusedError{p.Problems.Errors()}
	}
	if err := w.begin(p, o); err != nil {
		var refused *RefusedError
		if errors.As(err, &refused) {
			return p, err
		}
		return p, fmt.Errorf("%s: the backup cannot be made, nothing was changed: %w", w.show(backups), w.plain(err))
	}
	if err := w.apply(p); err != nil {
		var refused *RefusedError
		if errors.As(err, &refused) {
			err = errors.New(err.Error()) // files were written: it is no refusal any more
		}
		return p, fmt.Errorf("the installation is not complete: %w\nrun it again to finish it, or with --rollback to take it back", err)
	}
	return p, nil
}

// plain takes a system's error out of what wraps it with names that only this run knows.
func (w *writer) plain(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// hold makes StateDir and keeps every other run out of it.
func (w *writer) hold() (release func(), err error) {
	for _, d := range []struct {
		name string
		mode fs.FileMode
	}{{path.Dir(StateDir), 0o755}, {backups, 0o700}} {
		if err := w.dirs(d.name, d.mode); err != nil {
			return nil, w.failed(d.name, err)
		}
	}
	dir, err := w.open(StateDir)
	if err != nil {
		return nil, w.failed(StateDir, err)
	}
	defer dir.Close()
	f, err := dir.Open(".")
	if err != nil {
		return nil, w.failed(StateDir, err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = refuse(w.show(StateDir), "is open to others, and backups hold keys", "chmod 0700 "+w.show(StateDir))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	held, err := lock(f)
	if err == nil && !held {
		err = errors.New("another run of hardstrap is at work on this node; wait until it is done")
	}
	if err != nil {
		f.Close()
		return nil, w.failed(StateDir, err)
	}
	return func() { f.Close() }, nil
}

// begin makes the backup and then the journal, or holds the plan against those of the run it continues.
func (w *writer) begin(p *Plan, o Options) error {
	if p.Continues {
		return w.resume(p)
	}
	j := &journal{Record: digest(o.Record), Role: p.Role, Member: p.Member, number: p.next}
	if err := w.dirs(j.dir(), 0o700); err != nil {
		return err
	}
	for _, c := range p.Changes {
		e := entry{Name: c.Name, Dir: c.Dir, Existed: c.was != nil}
		if c.was != nil {
			uid, gid := ownerOf(c.was)
			if !o.Super {
				uid, gid = -1, -1
			}
			e.Was = looks{c.was.Mode().Perm(), uid, gid}
			if !c.Dir {
				if err := w.keep(c.Name, j.old(c.Name)); err != nil {
					return err
				}
			}
		}
		j.Entries = append(j.Entries, e)
	}
	p.journal = j
	return w.save(j, writing)
}

// resume refuses to go on where a file is neither what it was nor what it is to be.
func (w *writer) resume(p *Plan) error {
	for _, c := range p.Changes {
		e, ok := p.journal.find(c.Name)
		var old []byte
		if ok && e.Existed && !e.Dir {
			data, err := w.read(p.journal.old(c.Name))
			if err != nil {
				return err
			}
			old = data
		}
		if ok && (c.Dir || c.What == Dress) {
			continue
		}
		changed := !ok
		if ok {
			var err error
			if changed, err = w.differs(c.Name, old); err != nil {
				return err
			}
		}
		if changed {
			return refuse(w.show(c.Name), "was changed since the installation was stopped", "take that installation back with --rollback, which keeps what stands there now, then install again")
		}
	}
	return nil
}

// apply makes the changes, in the order of the plan.
func (w *writer) apply(p *Plan) error {
	for _, c := range p.Changes {
		var err error
		switch c.What {
		case Mkdir:
			err = w.mkdir(c.Name, c.as)
		case Dress:
			err = w.dress(c.Name, c.as)
		case Remove:
			err = w.remove(c.Name)
		default:
			err = w.write(c.Name, c.data, c.as)
		}
		if err != nil {
			return w.failed(c.Name, err)
		}
	}
	for _, e := range p.journal.Entries {
		if !e.Dir {
			if err := w.tidy(e.Name); err != nil {
				return w.failed(e.Name, err)
			}
		}
	}
	if err := w.save(p.journal, done); err != nil {
		return w.failed(p.journal.dir(), err)
	}
	return nil
}
