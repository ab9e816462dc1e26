package install

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/hardstrap/hardstrap/internal/diag"
)

// RollbackOptions say what is to be taken back where.
type RollbackOptions struct {
	Root string
	Live bool
}

// SurveyRollback finds what taking the last installation back would change, and writes nothing.
// Changes is empty when there is none to take back, and Problems has what would stop it.
func SurveyRollback(o RollbackOptions) (*Plan, error) {
	t, err := openTree(o.Root)
	if err != nil {
		return nil, err
	}
	defer t.root.Close()
	return surveyRollback(t, o)
}

// Rollback gives every file of the last installation, finished or not, the content, mode and owner it had
// before, removes those that were not there, and keeps what it replaces beside the backup. Called
// again it takes back the installation before. A run that ends at any moment is finished by the next.
func Rollback(o RollbackOptions) (*Plan, error) {
	t, err := openTree(o.Root)
	if err != nil {
		return nil, err
	}
	defer t.root.Close()
	return realWriter(t).rollback(o)
}

func surveyRollback(t *tree, o RollbackOptions) (*Plan, error) {
	list, _, err := t.journals()
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, j := range slices.Backward(list) {
		if j.Status != undone {
			p.journal = j
			break
		}
	}
	if p.journal == nil {
		return p, nil
	}
	p.Role, p.Member = p.journal.Role, p.journal.Member
	controlPlane, err := t.controlPlane()
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(p.journal.Entries) {
		c, changes, err := t.back(p.journal, e)
		if err != nil {
			return nil, t.failed(e.Name, err)
		}
		if !changes {
			continue
		}
		if controlPlane && !o.Live && reloaded(e.Name) && c.What != Dress {
			p.Problems.Add(diag.Problem{Position: diag.Position{File: t.show(e.Name)}, Message: "is to " + verb(c.What), Hint: onlyLive})
		}
		p.Changes = append(p.Changes, c)
	}
	return p, nil
}

// back is what brings one entry back.
func (t *tree) back(j *journal, e entry) (Change, bool, error) {
	c := Change{Name: e.Name, Dir: e.Dir, as: e.Was}
	info, err := t.stat(e.Name)
	if err != nil {
		return c, false, err
	}
	c.was = info
	if info != nil && info.IsDir() != e.Dir {
		return c, false, refuse(t.show(e.Name), "is not what it was when hardstrap was here", "move it away")
	}
	switch {
	case !e.Existed:
		c.What = Remove
		return c, info != nil, nil
	case e.Dir:
		c.What = Dress
		if info == nil {
			c.What = Mkdir
		}
		return c, info == nil || !same(info, e.Was), nil
	}
	if c.data, err = t.read(j.old(e.Name)); err != nil {
		return c, false, err
	}
	if c.data == nil {
		c.data = []byte{}
	}
	differs, err := t.differs(e.Name, c.data)
	if err != nil {
		return c, false, err
	}
	c.What = Replace
	if !differs {
		c.What = Dress
		return c, !same(info, e.Was), nil
	}
	return c, true, nil
}

func (w *writer) rollback(o RollbackOptions) (*Plan, error) {
	p, err := surveyRollback(w.tree, o)
	if err != nil || p.journal == nil {
		return p, err
	}
	if p.Problems.Err() != nil {
		return p, &RefusedError{p.Problems}
	}
	release, err := w.hold()
	if err != nil {
		return nil, err
	}
	defer release()
	if p, err = surveyRollback(w.tree, o); err != nil || p.journal == nil {
		return p, err
	}
	if p.Problems.Err() != nil {
		return p, &RefusedError{p.Problems}
	}
	if err := w.undo(p); err != nil {
		return p, err
	}
	return p, nil
}

// undo keeps what stands there, then brings back what stood there. Once it has begun to, a run that
// goes on keeps nothing more: what stands there then is what stood there.
func (w *writer) undo(p *Plan) error {
	j := p.journal
	if j.Status != undoing {
		for _, c := range p.Changes {
			if !c.Dir && c.What != Dress && c.was != nil {
				if !c.was.Mode().IsRegular() {
					return refuse(w.show(c.Name), "is not a regular file", "move it away")
				}
				if err := w.keep(c.Name, j.replaced(c.Name)); err != nil {
					return w.failed(c.Name, err)
				}
			}
		}
		if err := w.save(j, undoing); err != nil {
			return w.failed(j.dir(), err)
		}
	}
	for _, c := range p.Changes {
		if c.What == Remove {
			continue
		}
		if err := w.parents(c.Name); err != nil {
			return w.failed(c.Name, err)
		}
	}
	for _, e := range j.Entries {
		if !e.Dir {
			if err := w.tidy(e.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return w.failed(e.Name, err)
			}
		}
	}
	var made []Change
	for _, c := range p.Changes {
		did, err := w.bring(c)
		if err != nil {
			return w.failed(c.Name, err)
		}
		if did {
			made = append(made, c)
		}
	}
	p.Changes = made
	if err := w.save(j, undone); err != nil {
		return w.failed(j.dir(), err)
	}
	return nil
}

// bring makes one change, and reports whether there was one to make: a directory in which somebody
// else's files stand by now is left.
func (w *writer) bring(c Change) (bool, error) {
	switch c.What {
	case Remove:
		if c.Dir {
			left, err := w.names(c.Name)
			if err != nil || len(left) > 0 {
				return false, err
			}
		}
		return true, w.remove(c.Name)
	case Mkdir:
		return true, w.mkdir(c.Name, c.as)
	case Dress:
		return true, w.dress(c.Name, c.as)
	}
	return true, w.write(c.Name, c.data, c.as)
}

// parents makes the directories above a file that are gone since: no journal has those that stood
// before an installation and were lost after it.
func (w *writer) parents(name string) error {
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	info, err := w.stat(dir)
	if err != nil || info != nil {
		return err
	}
	if err := w.parents(dir); err != nil {
		return err
	}
	return w.mkdir(dir, looks{Mode: 0o755, UID: -1, GID: -1})
}
