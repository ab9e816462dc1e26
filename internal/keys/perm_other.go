//go:build !unix

package keys

import (
	"io/fs"
	"os"
)

// Without Unix permissions there is nothing to judge: the folder's access list decides.

func openNoFollow(path string) (*os.File, error) { return os.Open(path) }

func tooOpen(info fs.FileInfo) (mode fs.FileMode, loose bool) { return info.Mode().Perm(), false }

func writableByOthers(info fs.FileInfo) (mode fs.FileMode, loose bool) {
	return info.Mode().Perm(), false
}

func foreignOwner(fs.FileInfo) (uid int, foreign bool) { return 0, false }
