package snapshot

import (
	"io/fs"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
)

// format is the version of what a snapshot looks like. Another one is not read.
const format = 1

// Names and bounds within the archive.
const (
	recordName = "snapshot.json" // the first entry
	rootName   = "root"          // before the path of every other entry
	maxTotal   = 64 << 20        // bytes of all entries together
	maxEntries = observe.MaxEntries
)

// record is the first entry: everything but the content of files.
type record struct {
	Format    int               `json:"format"`
	Hardstrap string            `json:"hardstrap"` // the version that took it
	Taken     time.Time         `json:"taken"`
	Host      string            `json:"host,omitempty"`
	Images    map[string]string `json:"images,omitempty"` // of components in static pods
	Processes []process.Process `json:"processes,omitempty"`
	Unknown   []observe.Unknown `json:"unknown,omitempty"` // of processes
	Files     []file            `json:"files"`             // sorted by path
	Absent    []string          `json:"absent,omitempty"`  // looked for, and not there
}

// file is what stands at a path.
type file struct {
	Path    string      `json:"path"`
	Mode    fs.FileMode `json:"mode"` // as package io/fs numbers it
	UID     int         `json:"uid"`
	GID     int         `json:"gid"`
	User    string      `json:"user"`
	Group   string      `json:"group"`
	Size    int64       `json:"size"`
	Written time.Time   `json:"written"`
	Changed time.Time   `json:"changed"`
	Target  string      `json:"target,omitempty"`
	// Listed tells of a directory that all names in it are files of the record.
	Listed bool `json:"listed,omitempty"`
	// Taken is the number of bytes in the archive, one more than there are, so that 0 means none were taken.
	Taken int64 `json:"taken,omitempty"`
	// Fault is why it could not be described, read or listed; Why is said to the reader.
	Fault string `json:"fault,omitempty"`
	Why   string `json:"why,omitempty"`
}

// faults are the words for what kept a file from being read.
func faults() map[string]error {
	return map[string]error{
		"permission": fs.ErrPermission,
		"large":      observe.ErrTooLarge,
		"many":       observe.ErrTooMany,
		"links":      observe.ErrLinks,
		"changed":    observe.ErrChanged,
		"irregular":  observe.ErrNotRegular,
		"withheld":   observe.ErrWithheld,
	}
}
