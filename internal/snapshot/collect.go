package snapshot

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// collector looks at a node's files and keeps what it saw, by paths without links: a path with links
// can then be followed again in the same way.
type collector struct {
	tree    observe.Tree
	redact  redactor
	files   map[string]*file
	absent  map[string]bool
	content map[string][]byte
	total   int
	images  map[string]string
	queue   []place // of files that others name
	queued  map[place]bool
}

func newCollector(tree observe.Tree, key []byte) *collector {
	return &collector{tree: tree, redact: redactor{key: key}, files: map[string]*file{}, absent: map[string]bool{},
		content: map[string][]byte{}, images: map[string]string{}, queued: map[place]bool{}}
}

func (c *collector) collect(processes []process.Process) {
	all := places()
	for _, p := range processes {
		c.arguments(p.Component, p.Args)
	}
	for _, each := range []kind{nothing, certificates, structured, lines, sysctls, variables} {
		for _, p := range all {
			if p.kind == each {
				c.place(p)
			}
		}
	}
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		c.place(next)
	}
	c.kernel()
	for _, p := range all { // last: whose names matter is known now
		if p.kind == accounts {
			c.place(p)
		}
	}
}

// later asks for a file that another file names.
func (c *collector) later(pattern string, k kind) {
	p := place{pattern, k}
	if path.IsAbs(pattern) && !c.queued[p] && len(c.queued) < maxEntries {
		c.queued[p] = true
		c.queue = append(c.queue, p)
	}
}

func (c *collector) place(p place) {
	for _, name := range c.expand(p.pattern) {
		if p.kind == nothing {
			c.look(name)
			continue
		}
		c.take(name, p.kind)
	}
}

// expand returns the paths that a pattern matches, and remembers every directory it went through.
func (c *collector) expand(pattern string) []string {
	found := []string{"/"}
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var next []string
		for _, dir := range found {
			if !strings.ContainsAny(part, `*?[\`) {
				next = append(next, path.Join(dir, part))
				continue
			}
			for _, name := range c.list(dir) {
				if ok, _ := path.Match(part, name); ok {
					next = append(next, path.Join(dir, name))
				}
			}
		}
		found = next
	}
	return found
}

// look remembers what stands at a path and at all that leads there.
func (c *collector) look(name string) (*file, bool) {
	info, err := observe.Resolve(name, c.see)
	if err != nil {
		return nil, false
	}
	return c.files[info.Path], true
}

// see describes a path without links, and remembers it.
func (c *collector) see(name string) (observe.Info, error) {
	if f, ok := c.files[name]; ok {
		return f.info(), f.unseen()
	}
	if c.absent[name] {
		return observe.Info{}, fs.ErrNotExist
	}
	if len(c.files)+len(c.absent) >= maxEntries {
		return observe.Info{}, observe.ErrTooMany
	}
	info, err := c.tree.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.absent[name] = true
		return observe.Info{}, err
	case err != nil:
		c.files[name] = &file{Path: name, Fault: word(err)}
		return observe.Info{}, err
	}
	f := &file{Path: name, Mode: info.Mode, UID: info.UID, GID: info.GID, User: info.User, Group: info.Group, Size: info.Size,
		Written: info.ModTime.UTC(), Changed: info.ChangeTime.UTC(), Target: info.Target}
	if info.Mode.IsDir() {
		f.Size = 0 // it tells nothing, and differs between file systems
	}
	if strings.HasPrefix(name, "/proc") {
		f.Written, f.Changed = time.Time{}, time.Time{} // of the moment of looking
	}
	c.files[name] = f
	return f.info(), nil
}

// list returns the names in a directory, all of which are looked at.
func (c *collector) list(dir string) []string {
	f, ok := c.look(dir)
	if !ok || !f.Mode.IsDir() {
		return nil
	}
	names, err := c.tree.ReadDir(f.Path)
	if err != nil {
		f.Fault = word(err)
		return nil
	}
	for _, name := range names {
		_, _ = c.see(path.Join(f.Path, name)) // what cannot be described is remembered as that
		c.look(path.Join(f.Path, name))
	}
	f.Listed = len(c.files)+len(c.absent) < maxEntries
	return names
}

// take remembers a file with its content.
func (c *collector) take(name string, k kind) {
	f, ok := c.look(name)
	if !ok || !f.Mode.IsRegular() || f.Taken > 0 || f.Fault != "" {
		return
	}
	data, err := c.tree.ReadFile(f.Path)
	if err != nil {
		f.Fault = word(err)
		return
	}
	if k == lines && path.Base(f.Path) != path.Base(name) {
		f.Fault, f.Why = "withheld", "a link leads to it from "+name
		return
	}
	if bytes.Contains(data, []byte("PRIVATE KEY-----")) {
		f.Fault, f.Why = "withheld", "a private key stands in it"
		return
	}
	data, why := c.cleaned(f.Path, data, k)
	if why != "" {
		f.Fault, f.Why = "withheld", why
		return
	}
	if c.total += len(data); c.total > maxTotal-observe.MaxFile-maxTotal/4 { // the record, and the headers of entries
		c.total -= len(data)
		f.Fault, f.Why = "withheld", "the snapshot would have become too large"
		return
	}
	f.Taken = int64(len(data)) + 1
	c.content[f.Path] = data
}

// cleaned returns what may be taken of a file's content, or why nothing may.
func (c *collector) cleaned(name string, data []byte, k kind) (out []byte, why string) {
	var err error
	switch k {
	case structured:
		var found document
		if out, found, err = c.redact.yaml(data); err == nil {
			c.named(name, found)
		}
	case lines:
		out = withoutComments(data)
	case sysctls:
		if out, err = assigned(data); err == nil {
			c.parameters(string(out))
		}
	case variables:
		if out, err = withoutVariables(data); err == nil {
			c.words(string(out))
		}
	case certificates:
		out, err = public(data)
	case accounts:
		out = c.names(string(data))
	}
	if err != nil {
		return nil, "it could not be redacted: " + err.Error()
	}
	return out, ""
}

// kernel takes the parameters that a kubelet looks at.
func (c *collector) kernel() {
	for _, name := range kernelDefaults() {
		c.take("/proc/sys/"+name, lines)
	}
}

// parameters takes the values of the kernel's parameters that a file sets (sysctl.d(5)): in a name, the first
// of . and / is what separates, and the other one is part of the names.
func (c *collector) parameters(text string) {
	for line := range strings.Lines(text) {
		name, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "-"), "=")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name[:1], "#;") {
			continue
		}
		if i := strings.IndexAny(name, "./"); i >= 0 && name[i] == '.' {
			name = strings.NewReplacer(".", "/", "/", ".").Replace(name)
		}
		for _, at := range c.expand("/proc/sys/" + name) {
			if strings.HasPrefix(at, "/proc/sys/") && !isSecretParameter(at) {
				c.take(at, lines)
			}
		}
	}
}

// names reduces passwd and group to those who own something here, and to names and numbers.
func (c *collector) names(text string) []byte {
	seen := map[string]bool{"root": true, settings.Etcd: true}
	for _, f := range c.files {
		seen[f.User], seen[f.Group] = true, true
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 4 || !seen[fields[0]] {
			continue
		}
		if _, err := strconv.Atoi(fields[2]); err != nil {
			continue
		}
		out.WriteString(fields[0] + ":x:" + fields[2] + ":")
		if _, err := strconv.Atoi(fields[3]); err == nil {
			out.WriteString(fields[3])
		}
		out.WriteString(strings.Repeat(":", max(0, len(fields)-4)) + "\n")
	}
	return []byte(out.String())
}

// host is the node's name.
func (c *collector) host() string {
	for _, name := range []string{"/proc/sys/kernel/hostname", "/etc/hostname"} {
		if text := strings.TrimSpace(string(c.content[name])); text != "" {
			return text
		}
	}
	return ""
}

// result is what was seen, sorted.
func (c *collector) result() (files []file, absent []string) {
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		files = append(files, *c.files[name])
	}
	return files, slices.Sorted(maps.Keys(c.absent))
}

// word is the word of the record for an error.
func word(err error) string {
	for word, is := range faults() {
		if errors.Is(err, is) {
			return word
		}
	}
	return cause(err)
}

// cause returns an error without the path, which the record has.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
