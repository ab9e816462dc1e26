//go:build !unix

package install

import (
	"errors"
	"io/fs"
	"os"
)

func ownerOf(fs.FileInfo) (uid, gid int) { return -1, -1 }

// lock is not known here, and neither are nodes.
func lock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
