package bundle

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange lets two directories change places in one step (renamex_np(2)). A file system that
// cannot answers ENOTSUP.
func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		return errNoExchange
	}
	return err
}
