package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// encrypted is a key file as the API server reads it.
func encrypted(secrets ...string) File {
	text := "kind: EncryptionConfiguration\nresources:\n- providers:\n  - secretbox:\n      keys:\n"
	for _, s := range secrets {
		text += "      - name: key\n        secret: " + s + "\n"
	}
	return File{Path: encryptionPath, Secret: true, Secrets: secrets, Data: []byte(text)}
}

func readable() *Bundle {
	return &Bundle{Record: Record{KubernetesVersion: "1.37.0"}, Files: []File{
		text(initPath, "init\n"), text("README.md", "read me\n"), encrypted(secretA, secretB),
	}}
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, readable(), Options{})
	got, record, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, RecordFile))
	if err != nil || string(want) != string(record) {
		t.Errorf("the record is not the file's: %v", err)
	}
	if got.Record.KubernetesVersion != "1.37.0" || len(got.Files) != 4 {
		t.Errorf("got %v", got.Files)
	}
	for _, f := range got.Files {
		data, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil || string(data) != string(f.Data) {
			t.Errorf("%s: %v", f.Path, err)
		}
		if f.Secret && len(f.Secrets) != 2 {
			t.Errorf("%d secrets", len(f.Secrets))
		}
	}
}

// Every row changes a bundle by hand.
func TestReadRefuses(t *testing.T) {
	edit := func(old, new string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			at := filepath.Join(dir, RecordFile)
			data, err := os.ReadFile(at)
			if err != nil || !strings.Contains(string(data), old) {
				t.Fatalf("%q is not in the record: %v", old, err)
			}
			put(t, dir, RecordFile, strings.Replace(string(data), old, new, 1))
		}
	}
	for _, row := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string
	}{
		{"changed, missing and foreign files, all at once", func(t *testing.T, dir string) {
			put(t, dir, initPath, "edited\n")
			put(t, dir, "host/worker/etc/shadow", "mine\n")
			if err := os.Remove(filepath.Join(dir, "README.md")); err != nil {
				t.Fatal(err)
			}
		}, []string{
			"README.md: is in the record and missing; " + again,
			initPath + ": was changed since hardstrap wrote it; " + again,
			"host/worker/etc/shadow: is not in the record; a bundle holds what hardstrap wrote and nothing else: move it away",
		}},
		{"a mode", func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, encryptionPath), 0o644); err != nil {
				t.Fatal(err)
			}
		}, []string{encryptionPath + ": has mode 0644, and 0600 in the record; copy the bundle with its modes (tar, cp -a, rsync -a), or set it"}},
		{"a secret file beside its keys", func(t *testing.T, dir string) {
			put(t, dir, encryptionPath, string(encrypted(secretA, secretB).Data)+"- identity: {}\n")
		}, []string{encryptionPath + ": was changed since hardstrap wrote it; " + again}},
		{"a secret taken out", func(t *testing.T, dir string) { put(t, dir, encryptionPath, string(encrypted(secretA).Data)) },
			[]string{encryptionPath + ": was changed since hardstrap wrote it; " + again}},
		{"a link", func(t *testing.T, dir string) { replaceByLink(t, filepath.Join(dir, initPath), "/etc/passwd") },
			[]string{initPath + ": is not a regular file; " + again}},
		{"a link to a directory", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "host"), filepath.Join(filepath.Dir(dir), "host")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../host", filepath.Join(dir, "host")); err != nil {
				t.Fatal(err)
			}
		}, []string{
			"host: is not in the record; a bundle holds what hardstrap wrote and nothing else: move it away",
			encryptionPath + ": is in the record and missing; " + again, initPath + ": is in the record and missing; " + again,
		}},
		{"a path out of the bundle", edit(`"`+initPath+`"`, `"../../etc/shadow"`), []string{`: hardstrap.json: files[3].path: invalid path "../../etc/shadow"; ` + again}},
		{"an absolute path", edit(`"`+initPath+`"`, `"/etc/shadow"`), []string{`: hardstrap.json: files[3].path: invalid path "/etc/shadow"; ` + again}},
		{"a path twice", edit(`"`+initPath+`"`, `"README.md"`), []string{
			`hardstrap.json: names "README.md" twice; ` + again,
			initPath + ": is not in the record; a bundle holds what hardstrap wrote and nothing else: move it away",
		}},
		{"a mode with more bits", edit(`"0644"`, `"4755"`), []string{`: hardstrap.json: files[0].mode: invalid mode "4755"; allowed: 0000 to 0777, octal; ` + again}},
		{"no record", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, RecordFile)); err != nil {
				t.Fatal(err)
			}
		}, []string{": is no bundle: it has no hardstrap.json; name the directory that hardstrap generate wrote"}},
		{"the record is a link", func(t *testing.T, dir string) { replaceByLink(t, filepath.Join(dir, RecordFile), "/etc/passwd") },
			[]string{"hardstrap.json: is not a regular file; " + again}},
		{"nothing there", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}, []string{": there is no such directory; name the directory that hardstrap generate wrote"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			mustWrite(t, dir, readable(), Options{})
			row.change(t, dir)
			_, _, err := Read(dir)
			refused(t, dir, row.want, err)
			if err != nil && (strings.Contains(err.Error(), secretA) || strings.Contains(err.Error(), secretB)) {
				t.Error("the message has a key")
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(file), "file", "")
	var refusal *RefusedError
	if _, _, err := Read(file); !errors.As(err, &refusal) || cmp.Diff(file+": is a file; name the directory that hardstrap generate wrote", err.Error()) != "" {
		t.Errorf("got %v", err)
	}
}
