package profiles

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestNoPermission reads a file that its reader may not read. Root may read everything, so the
// thread takes another user's rights on files for the time of the test.
func TestNoPermission(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(head), 0o000); err != nil {
		t.Fatal(err)
	}
	done := make(chan []string)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				t.Error(err)
			}
		}
		done <- said(t, disk{}, file)
	}()
	if got := <-done; len(got) != 1 || !strings.Contains(got[0], "no permission to read") {
		t.Errorf("said %q", got)
	}
}
