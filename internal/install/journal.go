package install

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// Where a node keeps what hardstrap knows of it.
const (
	StateDir   = "var/lib/hardstrap"
	recordName = StateDir + "/hardstrap.json" // the record of the bundle that was installed last
	nodeName   = StateDir + "/node.json"      // which of the bundle's nodes this is
	backups    = StateDir + "/backup"
)

const apiVersion = "hardstrap.dev/v1alpha1"

// node is what node.json holds.
type node struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Role       string `json:"role"`
	Member     string `json:"member,omitempty"`
}

// status is how far a run has come. What is to be done stands in the journal, and what was there stands
// in the backup, before the first file changes.
type status string

const (
	writing status = "writing"
	done    status = "done"
	undoing status = "undoing"
	undone  status = "undone"
)

// journal is backup/<n>/journal.json: one run, in the order of its changes.
type journal struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Status     status  `json:"status"`
	Record     string  `json:"record"` // sha256 of the bundle's record
	Role       string  `json:"role"`
	Member     string  `json:"member,omitempty"`
	Entries    []entry `json:"entries"`

	number int
}

// entry is one file or directory that a run changes, and what it was before.
type entry struct {
	Name    string `json:"name"`
	Dir     bool   `json:"dir,omitempty"`
	Existed bool   `json:"existed"`
	Was     looks  `json:"was,omitzero"`
}

func (j *journal) dir() string                 { return backups + "/" + strconv.Itoa(j.number) }
func (j *journal) old(name string) string      { return j.dir() + "/files/" + name }
func (j *journal) replaced(name string) string { return j.dir() + "/undone/" + name }

func (j *journal) find(name string) (entry, bool) {
	if j != nil {
		for _, e := range j.Entries {
			if e.Name == name {
				return e, true
			}
		}
	}
	return entry{}, false
}

// journals reads every run's journal, oldest first. A backup without one was never finished, and
// no file changed.
func (t *tree) journals() (list []*journal, next int, err error) {
	names, err := t.names(backups)
	if err != nil {
		return nil, 0, t.failed(backups, err)
	}
	numbers := map[int]bool{}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n > 0 && strconv.Itoa(n) == name {
			numbers[n] = true
			next = max(next, n)
		}
	}
	for n := 1; n <= next; n++ {
		if !numbers[n] {
			continue
		}
		j := &journal{number: n}
		data, err := t.read(j.dir() + "/journal.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, t.failed(j.dir()+"/journal.json", err)
		}
		if err := json.Unmarshal(data, j); err != nil || j.APIVersion != apiVersion || j.Kind != "Journal" || !j.sound() {
			return nil, 0, refuse(t.show(j.dir()+"/journal.json"), "is not a journal that hardstrap wrote", "move "+t.show(j.dir())+" away; what it holds is the files as they were")
		}
		list = append(list, j)
	}
	return list, next + 1, nil
}

// sound reports whether a journal names only what a run could have changed.
func (j *journal) sound() bool {
	for _, e := range j.Entries {
		if !fs.ValidPath(e.Name) || e.Name == "." || e.Was.Mode&^fs.ModePerm != 0 {
			return false
		}
	}
	switch j.Status {
	case writing, done, undoing, undone:
		return true
	}
	return false
}

// save writes a journal, and with it begins or ends a part of a run.
func (w *writer) save(j *journal, s status) error {
	j.APIVersion, j.Kind, j.Status = apiVersion, "Journal", s
	data, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return err
	}
	return w.write(j.dir()+"/journal.json", append(data, '\n'), private())
}

// private is the look of everything below StateDir: backups hold keys.
func private() looks { return looks{Mode: 0o600, UID: -1, GID: -1} }

// keep copies what stands at a name, so that it can be brought back.
func (w *writer) keep(name, to string) error {
	data, err := w.read(name)
	if err != nil {
		return fmt.Errorf("backup of %s: %w", name, err)
	}
	if err := w.dirs(path.Dir(to), 0o700); err != nil {
		return err
	}
	return w.write(to, data, private())
}

// dirs makes the directories that are missing.
func (w *writer) dirs(name string, mode fs.FileMode) error {
	if name == "." {
		return nil
	}
	info, err := w.stat(name)
	if err != nil || info != nil {
		return err
	}
	if err := w.dirs(path.Dir(name), mode); err != nil {
		return err
	}
	return w.mkdir(name, looks{Mode: mode, UID: -1, GID: -1})
}
