//go:build !linux

package bundle

import "io/fs"

// mountAt returns dir when it is a mount point, else "". One below, and a bind mount of the same
// file system, are not noticed here; replacing the latter fails, and changes nothing.
func mountAt(dir, parent string, info fs.FileInfo) string {
	if onOtherDevice(parent, info) {
		return dir
	}
	return ""
}
