package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMountIn(t *testing.T) {
	table := []byte(`22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 22 254:0 /srv /data/out rw,relatime shared:1 - ext4 /dev/vda rw
32 22 0:44 / /data/with\040space\134x rw - tmpfs tmpfs rw
33 22 0:45 / /data/deep/a/b rw - tmpfs tmpfs rw
short line
`)
	for _, row := range []struct{ name, dir, want string }{
		{"itself, a bind mount", "/data/out", "/data/out"},
		{"below", "/data/deep", "/data/deep/a/b"},
		{"escaped", `/data/with space\x`, `/data/with space\x`},
		{"inside of one", "/data/out/prod", ""},
		{"a name that begins alike", "/data/ou", ""},
		{"none", "/srv", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := mountIn(table, row.dir); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// Where the test may mount, what is mounted inside of a bundle's directory is not emptied.
func TestMountInsideIsLeftAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, oldBundle(), Options{})
	mounted, source := filepath.Join(dir, "mounted"), t.TempDir()
	put(t, source, "mine", "mine\n")
	if err := os.Mkdir(mounted, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, mounted, "", unix.MS_BIND, ""); err != nil {
		t.Logf("mounting: %v; the table's reading is tested above", err)
		return
	}
	defer unix.Unmount(mounted, 0)
	_, err := Write(dir, newBundle(), Options{Force: true})
	var refusal *RefusedError
	want := dir + ": holds a mount point, " + mounted + ", and a bundle replaces its directory as a whole; name another directory, or unmount it"
	if !errors.As(err, &refusal) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if data, err := os.ReadFile(filepath.Join(source, "mine")); err != nil || string(data) != "mine\n" {
		t.Errorf("what was mounted is %q, %v", data, err)
	}
}
