package observe

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Resolve follows the links of name, the last one too, with the help of lstat alone, which gets clean
// absolute paths without a link in any but the last segment. It returns what stands at the end.
func Resolve(name string, lstat func(string) (Info, error)) (Info, error) {
	return walk(name, lstat, true)
}

// ResolveParent follows the links of all segments but the last one.
func ResolveParent(name string, lstat func(string) (Info, error)) (Info, error) {
	return walk(name, lstat, false)
}

func walk(name string, lstat func(string) (Info, error), last bool) (Info, error) {
	fail := func(err error) (Info, error) {
		return Info{}, &fs.PathError{Op: "look up", Path: name, Err: reason(err)}
	}
	at, links := "/", 0
	rest := segments(name)
	here, err := lstat(at)
	if err != nil {
		return fail(err)
	}
	for len(rest) > 0 {
		next := rest[0]
		rest = rest[1:]
		if next == ".." {
			at = path.Dir(at)
			if here, err = lstat(at); err != nil {
				return fail(err)
			}
			continue
		}
		if !here.Mode.IsDir() {
			return fail(fs.ErrNotExist) // a file where a directory would be
		}
		found, err := lstat(path.Join(at, next))
		if err != nil {
			return fail(err)
		}
		if found.Mode&fs.ModeSymlink == 0 || len(rest) == 0 && !last {
			at, here = path.Join(at, next), found
			continue
		}
		if links++; links > maxLinks {
			return fail(ErrLinks)
		}
		if path.IsAbs(found.Target) {
			at = "/"
			if here, err = lstat(at); err != nil {
				return fail(err)
			}
		}
		rest = append(segments(found.Target), rest...)
	}
	here.Path = at
	return here, nil
}

// segments keeps "..": after a link it does not undo the segment before it.
func segments(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(s string) bool { return s == "" || s == "." })
}

// reason takes away the names that an error of the system adds, which need not be those on the node.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist // said alike of a live root and of a snapshot
	}
	return err
}

// Glob is Tree.Glob by means of a tree's other methods.
func Glob(t Tree, pattern string) ([]string, error) {
	found, problems := []string{"/"}, error(nil)
	parts := segments(pattern)
	for i, part := range parts {
		if _, err := path.Match(part, ""); err != nil {
			return nil, &fs.PathError{Op: "match", Path: pattern, Err: err}
		}
		var next []string
		for _, dir := range found {
			names, err := matching(t, dir, part)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrNotRegular) {
				problems = errors.Join(problems, err)
			}
			for _, name := range names {
				next = append(next, path.Join(dir, name))
			}
			if len(next) > MaxEntries {
				return nil, &fs.PathError{Op: "match", Path: pattern, Err: ErrTooMany}
			}
		}
		if found = next; i == len(parts)-1 {
			slices.Sort(found)
		}
	}
	return found, problems
}

// matching returns the names in dir that match one segment of a pattern.
func matching(t Tree, dir, part string) ([]string, error) {
	if !strings.ContainsAny(part, `*?[\`) {
		if _, err := t.Lstat(path.Join(dir, part)); err != nil {
			return nil, err
		}
		return []string{part}, nil
	}
	names, err := t.ReadDir(dir)
	return slices.DeleteFunc(names, func(name string) bool {
		ok, _ := path.Match(part, name)
		return !ok
	}), err
}
