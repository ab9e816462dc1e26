//go:build unix

package profiles

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := said(t, disk{}, pipe); len(got) != 1 || !strings.Contains(got[0], "is a pipe") {
		t.Errorf("of a pipe nobody writes to, said %q", got)
	}
	if got := said(t, disk{}, dir+"/"); len(got) != 1 || !strings.Contains(got[0], "is a directory") {
		t.Errorf("of a directory, said %q", got)
	}
	loop := filepath.Join(dir, "loop.yaml")
	if err := os.Symlink("loop.yaml", loop); err != nil {
		t.Fatal(err)
	}
	if got := said(t, disk{}, loop); len(got) != 1 || !strings.HasPrefix(got[0], "cannot read ") {
		t.Errorf("of a link to itself, said %q", got)
	}
}
