package bundle

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange lets two directories change places in one step (renameat2(2), since Linux 3.15). A
// file system that cannot answers EINVAL.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return errNoExchange
	}
	return err
}
