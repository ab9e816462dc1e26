//go:build unix

package keys

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// known returns a key of 32 equal bytes, which is none to use: its name and its base64.
func known(b byte) (name, secret string) {
	raw := make([]byte, Size)
	for i := range raw {
		raw[i] = b
	}
	return nameOf(raw), base64.StdEncoding.EncodeToString(raw)
}

// entry is a key as a file has it.
func entry(b byte, provider string) string {
	name, secret := known(b)
	return "- name: " + name + "\n  provider: " + provider + "\n  secret: " + secret + "\n"
}

const head = "apiVersion: hardstrap.dev/v1alpha1\nkind: EncryptionKeys\nkeys:\n"

func write(t *testing.T, data string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(at, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestCreateThenRead(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o777)) // must not matter
	parent := t.TempDir()
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, provider := range Providers() {
		at := filepath.Join(parent, "keys", provider+".yaml")
		made, err := Create(at, provider)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(at, provider)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made.Keys(), got.Keys()); diff != "" {
			t.Errorf("keys (-made +read):\n%s", diff)
		}
		name := got.Names()[0]
		a, _ := made.Secret(name)
		b, ok := got.Secret(name)
		if !ok || a != b {
			t.Error("the key that was read is not the one that was made")
		}
		if raw, err := base64.StdEncoding.DecodeString(b); err != nil || len(raw) != Size || nameOf(raw) != name {
			t.Error("not a named key of the right size")
		}
	}
	var listed []string
	for name, mode := range map[string]fs.FileMode{"": 0o700, ".gitignore": 0o600, "aescbc.yaml": 0o600} {
		info, err := os.Stat(filepath.Join(parent, "keys", name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q: %v, %v", name, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(parent, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		listed = append(listed, e.Name())
	}
	if diff := cmp.Diff([]string{".gitignore", "aescbc.yaml", "aesgcm.yaml", "secretbox.yaml"}, listed); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
	if ignore, err := os.ReadFile(filepath.Join(parent, "keys", ".gitignore")); err != nil || string(ignore) != "*\n" {
		t.Errorf(".gitignore is %q, %v", ignore, err)
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		ring, err := New("secretbox")
		if err != nil {
			t.Fatal(err)
		}
		seen[ring.Secrets()[0]] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different keys of 100", len(seen))
	}
}

func TestAnExistingFileIsNeverTouched(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	at := filepath.Join(dir, "prod.yaml")
	if _, err := Create(at, "secretbox"); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Create(at, "secretbox")
	if !errors.Is(err, fs.ErrExist) || err.Error() != at+": key file cannot be made: file exists" {
		t.Errorf("got %v", err)
	}
	if may := MaySave(at); !errors.Is(may, fs.ErrExist) || fmt.Sprint(may) != at+": key file cannot be made: file already exists" {
		t.Errorf("MaySave says %v", may)
	}
	link := filepath.Join(dir, "link.yaml")
	if err := os.Symlink(filepath.Join(dir, "elsewhere.yaml"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(link, "secretbox"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a link was followed: %v", err)
	}
	after, err := os.ReadFile(at)
	if err != nil || string(before) != string(after) {
		t.Error("the key file was changed")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestFolderOfANewKey(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(dir string) error
		want    string // DIR stands for the folder
	}{
		{"missing", func(string) error { return nil }, ""},
		{"empty", func(dir string) error { return os.Mkdir(dir, 0o700) }, ""},
		{"with keys and without .gitignore", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "other.yaml"), nil, 0o600))
		}, ""},
		{"with other files and a .gitignore", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "x"), nil, 0o644),
				os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("# all\n*\n"), 0o644))
		}, ""},
		{"too open", func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o755)) },
			"DIR: folder of the key file is too open: mode 0755; name a folder of its own in apiServer.encryption.keyFile, or chmod 700 DIR"},
		{"with other files", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "profile.yaml"), nil, 0o644))
		}, `DIR: folder of the key file has no .gitignore and holds "profile.yaml", which is no key file; name a folder of its own in apiServer.encryption.keyFile`},
		{"with a .gitignore of something else", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*.log\n"), 0o644))
		}, "DIR/.gitignore: key files of this folder are not ignored by git; add a line with * alone, or name another folder in apiServer.encryption.keyFile"},
		{"a file", func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "DIR: folder of the key file is a file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			if err := row.prepare(dir); err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, "prod.yaml")
			may := MaySave(at)
			_, err := Create(at, "secretbox")
			if fmt.Sprint(may) != fmt.Sprint(err) {
				t.Errorf("MaySave says %v, Save %v", may, err)
			}
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), dir, "DIR")
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			_, stat := os.Lstat(at)
			if made := stat == nil; made != (row.want == "") {
				t.Errorf("made is %v", made)
			}
		})
	}
}

func TestReadJudgesTheFile(t *testing.T) {
	good := head + entry('A', "secretbox")
	for _, row := range []struct {
		name    string
		prepare func(at string) error
		want    string // FILE and DIR stand for the paths
	}{
		{"good", func(string) error { return nil }, ""},
		{"missing", os.Remove, "FILE: no such key file; --new-keys makes one, --without-keys renders a placeholder instead"},
		{"readable by the group", func(at string) error { return os.Chmod(at, 0o640) }, "FILE: key file is too open: mode 0640 lets others read or change it; chmod 600 FILE"},
		{"readable by all", func(at string) error { return os.Chmod(at, 0o604) }, "FILE: key file is too open: mode 0604 lets others read or change it; chmod 600 FILE"},
		{"folder writable by all", func(at string) error { return os.Chmod(filepath.Dir(at), 0o777) }, "DIR: folder of the key file is too open: mode 0777 lets others replace the file; chmod 700 DIR"},
		{"both", func(at string) error {
			return errors.Join(os.Chmod(filepath.Dir(at), 0o770), os.Chmod(at, 0o644))
		}, "FILE: key file is too open: mode 0644 lets others read or change it; chmod 600 FILE\nDIR: folder of the key file is too open: mode 0770 lets others replace the file; chmod 700 DIR"},
		{"a link", func(at string) error { return errors.Join(os.Rename(at, at+"2"), os.Symlink(at+"2", at)) }, "FILE: key file is a symbolic link; name the file it points to"},
		{"a directory", func(at string) error { return errors.Join(os.Remove(at), os.Mkdir(at, 0o700)) }, "FILE: key file is not a regular file"},
		{"a pipe", func(at string) error { return errors.Join(os.Remove(at), syscall.Mkfifo(at, 0o600)) }, "FILE: key file is not a regular file"},
		{"below a file", func(at string) error {
			return errors.Join(os.Remove(at), os.Remove(filepath.Dir(at)), os.WriteFile(filepath.Dir(at), nil, 0o600))
		}, "FILE: key file cannot be read: not a directory"},
		{"too large", func(at string) error {
			return os.WriteFile(at, []byte(good+strings.Repeat("# comment\n", maxFile/10)), 0o600)
		}, "FILE: key file is larger than 1048576 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			at := filepath.Join(dir, "k.yaml")
			if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(at, []byte(good), 0o600), row.prepare(at)); err != nil {
				t.Fatal(err)
			}
			_, err := Read(at, "secretbox")
			got := ""
			if err != nil {
				got = strings.ReplaceAll(strings.ReplaceAll(err.Error(), at, "FILE"), dir, "DIR")
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			if errors.Is(err, fs.ErrNotExist) != (row.name == "missing") {
				t.Errorf("errors.Is(fs.ErrNotExist) is wrong for %v", err)
			}
		})
	}
}

// ownedBy is a file's description with another owner.
type ownedBy struct {
	fs.FileInfo
	uid uint32
}

func (o ownedBy) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

func TestKeyFileOfSomebodyElse(t *testing.T) {
	at := write(t, head+entry('A', "secretbox"))
	info, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	other := uint32(os.Geteuid() + 1)
	want := fmt.Sprintf("%s: key file belongs to user %d, and hardstrap runs as user %d; run as its owner, or chown it", at, other, os.Geteuid())
	if err := judge(at, ownedBy{info, other}); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := judge(at, info); err != nil {
		t.Errorf("one's own: %v", err)
	}
}

func TestProvidersWithoutKeys(t *testing.T) {
	want := `provider "kms" has no keys of its own; allowed: secretbox, aescbc, aesgcm`
	if _, err := New("kms"); err == nil || err.Error() != want {
		t.Errorf("New: %v", err)
	}
	if _, err := Read("k.yaml", "kms"); err == nil || err.Error() != "k.yaml: "+want {
		t.Errorf("Read: %v", err)
	}
}

func TestPlaceholder(t *testing.T) {
	ring := Placeholder("secretbox")
	secret, ok := ring.Secret(PlaceholderName)
	if !ok || !ring.Placeholder() || ring.Secrets() != nil {
		t.Errorf("placeholder is %v %v %v", ok, ring.Placeholder(), ring.Secrets())
	}
	if _, err := base64.StdEncoding.DecodeString(secret); err == nil {
		t.Error("the placeholder can be mistaken for a key")
	}
	if err := ring.Save(filepath.Join(t.TempDir(), "k.yaml")); err == nil {
		t.Error("a placeholder was saved")
	}
	var none *Ring
	if _, ok := none.Secret("x"); ok || none.Names() != nil || none.Keys() != nil || none.Secrets() != nil || none.Placeholder() {
		t.Error("no ring has something")
	}
}

// noSecret fails when a text has a known secret, or a good part of one, in any usual form.
func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, b := range []byte("ABCDE") {
		_, secret := known(b)
		raw, _ := base64.StdEncoding.DecodeString(secret)
		for _, form := range []string{
			secret[:12], hex.EncodeToString([]byte(secret))[:24], hex.EncodeToString(raw)[:16], string(raw[:8]),
			strings.Trim(fmt.Sprintf("%d", raw[:8]), "[]"), strings.Trim(fmt.Sprintf("%d", []byte(secret)[:8]), "[]"),
		} {
			if strings.Contains(text, form) {
				t.Errorf("shows a secret as %q: %s", form, text)
			}
		}
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	ring, err := Read(write(t, head+entry('A', "secretbox")+entry('B', "aescbc")), "secretbox")
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ Ring *Ring }
	for _, value := range []any{ring, *ring, holder{ring}, []*Ring{ring}, ring.keys, ring.keys[0]} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			noSecret(t, fmt.Sprintf(verb, value))
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		noSecret(t, string(data))
	}
	name, _ := known('A')
	if !strings.Contains(ring.String(), name) {
		t.Error("the name is not shown")
	}
}
