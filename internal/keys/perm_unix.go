//go:build unix

package keys

import (
	"io/fs"
	"os"
	"syscall"
)

// openNoFollow opens for reading, refusing a symbolic link and not waiting for a pipe's writer.
func openNoFollow(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// tooOpen reports whether anybody but the owner may do anything with the file.
func tooOpen(info fs.FileInfo) (mode fs.FileMode, loose bool) {
	mode = info.Mode().Perm()
	return mode, mode&0o077 != 0
}

// writableByOthers reports whether anybody but the owner may replace files of the folder. A
// sticky folder (a shared temporary one) lets nobody replace what another owns.
func writableByOthers(info fs.FileInfo) (mode fs.FileMode, loose bool) {
	mode = info.Mode().Perm()
	return mode, mode&0o022 != 0 && info.Mode()&fs.ModeSticky == 0
}

// foreignOwner reports whether the file belongs to another user than the one running.
func foreignOwner(info fs.FileInfo) (uid int, foreign bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), int(stat.Uid) != os.Geteuid()
}
