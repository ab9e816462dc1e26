package observe

import (
	"errors"
	"io/fs"
	"time"
)

// Bounds of a tree. What is read of a node are configuration files of some kilobytes; whatever is larger is
// no such file, and is not read in part either.
const (
	MaxFile    = 4 << 20 // bytes of one file
	MaxEntries = 10_000  // names in one directory, and paths of one pattern
	maxLinks   = 40      // links followed for one path; as the kernel, include/linux/namei.h, MAXSYMLINKS
)

// Tree is the files of a node: a live root, or what a snapshot took of one. Paths are those on the
// node, absolute and with slashes. Links are followed within the tree alone, as if its root were "/": one
// that climbs further up, or is absolute, goes on from the tree's root. Errors are *fs.PathError, and to
// errors.Is they are fs.ErrNotExist where nothing is there, fs.ErrPermission where reading was refused,
// or one of the errors of this file; only the first of these means that a file is absent.
type Tree interface {
	// ReadFile returns the content of a regular file of at most MaxFile bytes. Nothing else is ever opened:
	// no pipe, device or socket.
	ReadFile(path string) ([]byte, error)
	// Stat describes what a path leads to, Lstat what stands at it even where that is a link.
	Stat(path string) (Info, error)
	Lstat(path string) (Info, error)
	// Glob returns the paths that a pattern of path.Match matches segment by segment, sorted. A directory
	// that is not there holds nothing; of one that cannot be read the error comes beside what was found.
	Glob(pattern string) ([]string, error)
	// ReadDir returns the names in a directory, sorted.
	ReadDir(path string) ([]string, error)
}

// Info describes a file.
type Info struct {
	Path        string // of what is described: for Stat, where the links led
	Mode        fs.FileMode
	User, Group string // by the tree's own /etc/passwd and /etc/group; numbers where these have no name
	UID, GID    int
	Size        int64
	ModTime     time.Time
	ChangeTime  time.Time // of content, mode, owner or name; zero where the system has none
	Target      string    // where a link points, as it is written
}

// What may be the matter with a file besides what io/fs has errors for.
var (
	ErrTooLarge   = errors.New("larger than 4 MiB")
	ErrNotRegular = errors.New("not a regular file")
	ErrTooMany    = errors.New("more than 10000 entries")
	ErrLinks      = errors.New("too many links, or links in a circle")
	ErrChanged    = errors.New("changed while it was read")
	// ErrWithheld is of snapshots: the file was there, and its content was not taken.
	ErrWithheld = errors.New("the content was not taken into the snapshot")
	// ErrNotTaken is of snapshots: nobody looked whether there is such a file.
	ErrNotTaken = errors.New("not looked at when the snapshot was taken")
)
