//go:build unix

package observe

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func tree(t *testing.T, files map[string]string) (Tree, string) {
	t.Helper()
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	for name, text := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, at)
		} else {
			err = os.WriteFile(at, []byte(text), 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	return out, root
}

// TestTreeFollowsLinksWithin: as if the tree's root were "/".
func TestTreeFollowsLinksWithin(t *testing.T) {
	live, root := tree(t, map[string]string{
		"etc/a":            "inside",
		"etc/relative":     "-> ../etc/a",
		"etc/absolute":     "-> /etc/a",
		"etc/chain":        "-> relative",
		"etc/deep/up":      "-> ../../etc/a",
		"var/dir":          "-> /etc/deep",
		"etc/dangling":     "-> /nowhere",
		"etc/circle":       "-> circle",
		"etc/one":          "-> other",
		"etc/other":        "-> one",
		"etc/climbs":       "-> ../../secret",
		"etc/climbs-far":   "-> ../../../../../../../../etc/a",
		"etc/leaves":       "-> OUTSIDE/secret",
		"etc/under-a-file": "-> a/b",
		"secret":           "within",
	})
	if err := os.Symlink(filepath.Dir(root)+"/secret", root+"/etc/leaves-indeed"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"/etc/a": "inside", "etc/a": "inside", "/etc/../etc//./a": "inside", "/../../etc/a": "inside",
		"/etc/relative": "inside", "/etc/absolute": "inside", "/etc/chain": "inside", "/etc/deep/up": "inside",
		"/var/dir/up": "inside", "/var/dir/../a": "inside", "/etc/climbs": "within", "/etc/climbs-far": "inside",
	} {
		if data, err := live.ReadFile(name); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for name, want := range map[string]error{
		"/etc/nothing": fs.ErrNotExist, "/etc/dangling": fs.ErrNotExist, "/etc/leaves": fs.ErrNotExist, "/etc/leaves-indeed": fs.ErrNotExist,
		"/etc/a/b": fs.ErrNotExist, "/etc/under-a-file": fs.ErrNotExist, "/etc/circle": ErrLinks, "/etc/one": ErrLinks, "/etc": ErrNotRegular,
	} {
		data, err := live.ReadFile(name)
		if !errors.Is(err, want) || errors.Is(err, fs.ErrNotExist) != errors.Is(want, fs.ErrNotExist) {
			t.Errorf("%s: %q, %v; want %v", name, data, err, want)
		}
		if err != nil && strings.Contains(err.Error(), root) {
			t.Errorf("the error names the place on this machine: %v", err)
		}
	}
	link, err := live.Lstat("/var/dir/up")
	if err != nil || link.Mode&fs.ModeSymlink == 0 || link.Target != "../../etc/a" || link.Path != "/etc/deep/up" {
		t.Errorf("%+v, %v", link, err)
	}
	file, err := live.Stat("/var/dir/up")
	if err != nil || !file.Mode.IsRegular() || file.Mode.Perm() != 0o640 || file.Path != "/etc/a" || file.Size != 6 ||
		time.Since(file.ModTime) > time.Hour || time.Since(file.ChangeTime) > time.Hour {
		t.Errorf("%+v, %v", file, err)
	}
}

// TestTreeOpensFilesOnly: a pipe would make it wait for ever.
func TestTreeOpensFilesOnly(t *testing.T) {
	live, root := tree(t, map[string]string{"a": "-> pipe"})
	if err := syscall.Mkfifo(root+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	t.Chdir(root) // a socket's path is short
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: "socket"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/pipe", "/a", "/socket", "/"} {
		if _, err := live.ReadFile(name); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := live.ReadDir("/pipe"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a pipe as a directory: %v", err)
	}
	machine, err := Dir("/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := machine.ReadFile("/dev/zero"); !errors.Is(err, ErrNotRegular) {
		t.Errorf("/dev/zero: %v", err)
	}
}

func TestTreeIsBounded(t *testing.T) {
	live, root := tree(t, map[string]string{"fits": strings.Repeat("x", MaxFile), "huge": "", "many/a": ""})
	if err := os.Truncate(root+"/huge", MaxFile+1); err != nil {
		t.Fatal(err)
	}
	if data, err := live.ReadFile("/fits"); err != nil || len(data) != MaxFile {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if _, err := live.ReadFile("/huge"); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	for i := range MaxEntries {
		if err := os.Symlink("a", filepath.Join(root, "many", strings.Repeat("b", 1+i%200)+string(rune('a'+i/200)))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := live.ReadDir("/many"); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	if _, err := live.Glob("/many/*"); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
}

func TestTreeGlob(t *testing.T) {
	live, root := tree(t, map[string]string{
		"etc/systemd/system/kubelet.service.d/20-b.conf": "", "etc/systemd/system/kubelet.service.d/10-a.conf": "",
		"etc/systemd/system/etcd.service.d/10-a.conf": "", "usr/lib/systemd/system/kubelet.service.d/10-a.conf": "",
		"lib": "-> usr/lib", "etc/x": "-> nowhere",
	})
	for pattern, want := range map[string][]string{
		"/etc/systemd/system/kubelet.service.d/*.conf": {"/etc/systemd/system/kubelet.service.d/10-a.conf", "/etc/systemd/system/kubelet.service.d/20-b.conf"},
		"/etc/systemd/system/*.d/10-?.conf":            {"/etc/systemd/system/etcd.service.d/10-a.conf", "/etc/systemd/system/kubelet.service.d/10-a.conf"},
		"/lib/systemd/system/*/10-[a-z].conf":          {"/lib/systemd/system/kubelet.service.d/10-a.conf"},
		"/etc/x":                                       {"/etc/x"},
		"/etc/x/*":                                     nil,
		"/etc/none/*":                                  nil,
		"/etc/[xy]/none":                               nil,
	} {
		got, err := live.Glob(pattern)
		if err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
	if _, err := live.Glob("/etc/[x"); err == nil {
		t.Error("a pattern without its bracket was taken")
	}
	if os.Geteuid() == 0 {
		return // nothing is closed to root
	}
	if err := os.Chmod(root+"/etc/systemd/system/etcd.service.d", 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(root+"/etc/systemd/system/etcd.service.d", 0o700)
	got, err := live.Glob("/etc/systemd/system/*.d/10-*")
	if errors.Is(err, fs.ErrPermission) || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTreeNames(t *testing.T) {
	owner := os.Geteuid()
	if owner == 0 {
		owner = 1000
	}
	live, root := tree(t, map[string]string{
		"etc/passwd": "+::::::\nroot:x:" + strconv.Itoa(owner) + ":0:::\ntoor:x:0:0:::\nfirst:x:" + strconv.Itoa(owner) + ":0:::\nsecond:x:" + strconv.Itoa(owner) + ":0:::\nbad:x:y\n",
		"etc/a":      "",
	})
	if os.Geteuid() == 0 {
		got, err := live.Stat("/etc/a")
		if err != nil || got.User != "root" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := os.Chown(root+"/etc/a", owner, -1); err != nil {
			t.Fatal(err)
		}
	}
	got, err := live.Stat("/etc/a")
	if err != nil || got.User != "first" || got.UID != owner || got.Group != strconv.Itoa(got.GID) {
		t.Errorf("%+v, %v", got, err)
	}
}

// asNobody runs a test again as a user without rights: nothing is closed to root.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program, temporary := filepath.Join(dir, "test"), filepath.Join(dir, "tmp")
	for _, err := range []error{
		os.WriteFile(program, text, 0o755), os.Mkdir(temporary, 0o700), os.Chown(temporary, 65534, 65534), os.Chmod(dir, 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command(program, "-test.v", "-test.run", "^"+t.Name()+"$")
	run.Dir, run.Env = "/", append(os.Environ(), "TMPDIR="+temporary)
	run.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if said, err := run.CombinedOutput(); err != nil || !strings.Contains(string(said), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, said)
	}
}

func TestTreeTellsWhatIsClosed(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	live, root := tree(t, map[string]string{"closed": "x", "dir/a": "x"})
	for name, at := range map[string]string{"/closed": "/closed", "/dir": "/dir/a"} {
		if err := os.Chmod(root+name, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(root+name, 0o700)
		if _, err := live.ReadFile(at); !errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestTreeSeesChanges: a file that is written at meanwhile is an error, and not half of two contents.
func TestTreeSeesChanges(t *testing.T) {
	_, root := tree(t, map[string]string{"a": "12345"})
	stat := func() fs.FileInfo {
		info, err := os.Stat(root + "/a")
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	before := stat()
	if changed(before, stat(), 5) {
		t.Error("nothing changed")
	}
	if !changed(before, stat(), 4) {
		t.Error("a byte is missing")
	}
	later := before.ModTime().Add(time.Second)
	if err := os.Chtimes(root+"/a", later, later); err != nil {
		t.Fatal(err)
	}
	if !changed(before, stat(), 5) {
		t.Error("another time")
	}
	if err := os.WriteFile(root+"/a", []byte("123456"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(root+"/a", before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if !changed(before, stat(), 6) {
		t.Error("another size")
	}
}

// TestTreeReadsTheKernel: its files say that they are empty.
func TestTreeReadsTheKernel(t *testing.T) {
	machine, err := Dir("/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := machine.Stat("/proc/sys/kernel/ostype"); err != nil {
		t.Skip("no /proc")
	}
	if data, err := machine.ReadFile("/proc/sys/kernel/ostype"); err != nil || string(data) != "Linux\n" {
		t.Errorf("%q, %v", data, err)
	}
}
