package profiles

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/hardstrap/hardstrap/internal/diag"
)

const head = "apiVersion: hardstrap.dev/v1alpha1\nkind: Profile\n"

// said loads a profile from a file system of its own and returns what is said of it, by line.
func said(t *testing.T, fsys fs.FS, name string) []string {
	t.Helper()
	loaded, err := load(fsys, name)
	if loaded == nil || loaded.Profile == nil || loaded.Tree == nil || loaded.Sources == nil {
		t.Fatalf("load returned %+v: never without profile, tree and sources", loaded)
	}
	var out []string
	for _, p := range append(diag.As(err), loaded.Warnings...) {
		out = append(out, p.String())
	}
	return out
}

func TestWhatNoProfileMayHold(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		want string
	}{
		{"latin 1", head + "metadata: {description: caf\xe9}\n", `a.yaml:3:28: the byte 0xE9 is not UTF-8; save the file as UTF-8`},
		{"after wide characters", head + "# 日本\xff\n", `a.yaml:3:5: the byte 0xFF is not UTF-8; save the file as UTF-8`},
		{"UTF-16", "\xff\xfea\x00p\x00i\x00", `a.yaml:1:1: the byte 0xFF is not UTF-8; the file is UTF-16; save it as UTF-8`},
		{"cut in a character", head + "# \xe6\x97", `a.yaml:3:3: the byte 0xE6 is not UTF-8; save the file as UTF-8`},
		{"NUL", head + "tls\x00: {}\n", `a.yaml:3:4: a NUL character (U+0000) cannot stand in a profile; remove it, or write it as "\u0000" within double quotes`},
		{"escape", head + "# \x1b[31m\n", `a.yaml:3:3: a control character (U+001B) cannot stand in a profile; remove it, or write it as "\u001B" within double quotes`},
		{"next line", head + "# \u0085tls: {}\n", `a.yaml:3:3: a control character (U+0085) cannot stand in a profile; remove it, or write it as "\u0085" within double quotes`},
		{"line separator", head + "# \u2028tls: {}\n", `a.yaml:3:3: a line separator that editors do not show (U+2028) cannot stand in a profile; remove it, or write it as "\u2028" within double quotes`},
		{"text turned around", head + "# \u202Etls\n", `a.yaml:3:3: a character that changes the direction of text (U+202E) cannot stand in a profile; remove it, or write it as "\u202E" within double quotes`},
		{"mark within", head + "# \uFEFF\n", `a.yaml:3:3: a byte order mark within the text (U+FEFF) cannot stand in a profile; remove it, or write it as "\uFEFF" within double quotes`},
		{"old line ends", strings.ReplaceAll(head, "\n", "\r"), `a.yaml:1:35: a carriage return within a line (U+000D) cannot stand in a profile; remove it, or write it as "\u000D" within double quotes`},
		{"nothing", "", `a.yaml: the file is empty; a profile starts with apiVersion: hardstrap.dev/v1alpha1 and kind: Profile`},
		{"only a mark", "\uFEFF", `a.yaml: the file is empty; a profile starts with apiVersion: hardstrap.dev/v1alpha1 and kind: Profile`},
		{"a null", "null\n", `a.yaml:1:1: a map is wanted, found null; a profile starts with apiVersion: hardstrap.dev/v1alpha1 and kind: Profile`},
		{"a huge file", head + "# " + strings.Repeat("x", maxSize), `"a.yaml" is larger than a profile can be; allowed: at most 1 MiB`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := said(t, fstest.MapFS{"a.yaml": {Data: []byte(test.text)}}, "a.yaml")
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("said  %q\nwanted %q", got, test.want)
			}
		})
	}
}

func TestWhatAProfileMayHold(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{"byte order mark", "\uFEFF" + head},
		{"line ends of Windows", strings.ReplaceAll(head, "\n", "\r\n")},
		{"document marks", "---\n" + head + "...\n"},
		{"just as large as allowed", head + "# " + strings.Repeat("x", maxSize-len(head)-2)},
		{"other scripts", head + "metadata: {description: \"日本語 é\"}\n"},
		{"JSON", `{"apiVersion": "hardstrap.dev/v1alpha1", "kind": "Profile", "tls": {"minVersion": "VersionTLS13"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := said(t, fstest.MapFS{"a.yaml": {Data: []byte(test.text)}}, "a.yaml"); len(got) != 0 {
				t.Errorf("said %q, wanted nothing", got)
			}
		})
	}
}

// faulty is a file system whose files cannot be used.
type faulty struct {
	fstest.MapFS
	stat, open error
}

func (f faulty) Stat(name string) (fs.FileInfo, error) {
	if f.stat != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: f.stat}
	}
	return f.MapFS.Stat(name)
}

func (f faulty) Open(name string) (fs.File, error) {
	if f.open != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: f.open}
	}
	return f.MapFS.Open(name)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	file := fstest.MapFS{"a.yaml": {Data: []byte(head)}}
	kind := func(mode fs.FileMode) fs.FS { return fstest.MapFS{"a.yaml": {Data: []byte(head), Mode: mode}} }
	for _, test := range []struct {
		name string
		fsys fs.FS
		path string
		want string
	}{
		{"missing", file, "b.yaml", `there is no file "b.yaml"`},
		{"a built-in with an ending", file, "baselin.yaml", `there is no file "baselin.yaml"; for the built-in profile write baseline`},
		{"may not be looked at", faulty{file, fs.ErrPermission, nil}, "a.yaml", `no permission to read "a.yaml"; give the user that runs hardstrap the right to read the file and to enter its directories`},
		{"may not be opened", faulty{file, nil, fs.ErrPermission}, "a.yaml", `no permission to read "a.yaml"; give the user that runs hardstrap the right to read the file and to enter its directories`},
		{"broken disk", faulty{file, nil, syscall.EIO}, "a.yaml", `cannot read "a.yaml": input/output error`},
		{"a directory", kind(fs.ModeDir), "a.yaml", `"a.yaml" is a directory; name the profile file in it`},
		{"a pipe", kind(fs.ModeNamedPipe), "a.yaml", `"a.yaml" is a pipe; write the profile to a file: what it names is looked for beside it`},
		{"a socket", kind(fs.ModeSocket), "a.yaml", `"a.yaml" is a socket; write the profile to a file: what it names is looked for beside it`},
		{"a device", kind(fs.ModeDevice), "a.yaml", `"a.yaml" is a device; write the profile to a file: what it names is looked for beside it`},
		{"no name", file, "", `there is no built-in profile ""; allowed: ` + strings.Join(Builtins(), ", ") + `, or the path of a file`},
		{"an unknown built-in", file, "base-line", `there is no built-in profile "base-line"; allowed: ` + strings.Join(Builtins(), ", ") + `, or the path of a file; did you mean "baseline"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := said(t, test.fsys, test.path); len(got) != 1 || got[0] != test.want {
				t.Errorf("said  %q\nwanted %q", got, test.want)
			}
		})
	}
}

// TestSecretsAreNotShown gives files that hold secrets where a profile is expected.
func TestSecretsAreNotShown(t *testing.T) {
	const secret = "hunter2hunter2hunter2"
	for _, test := range []struct{ name, text string }{
		{"key file", "apiVersion: hardstrap.dev/v1alpha1\nkind: EncryptionKeys\nkeys:\n- {name: a, secret: " + secret + "}\n"},
		{"broken key file", "kind: EncryptionKeys\nkeys:\n- {name: a, secret: " + secret + "\n"},
		{"Secret", "apiVersion: v1\nkind: \"Secret\"\ndata: {a: " + secret + ", a: " + secret + "}\n"},
		{"private key", "-----BEGIN RSA PRIVATE KEY-----\n" + secret + ": \n" + secret + "\n-----END RSA PRIVATE KEY-----\n"},
		{"password in a URL", head + "cluster: {imageRepository: \"https://me:" + secret + "@registry.example.org\", nme: 1}\n"},
		{"password in a list", head + "apiServer: {authorization: [\"https://me:" + secret + "@registry.example.org\"]}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, err := load(fstest.MapFS{"a.yaml": {Data: []byte(test.text)}}, "a.yaml")
			if err == nil {
				t.Fatal("the file was taken for a profile")
			}
			var shown bytes.Buffer
			diag.Print(&shown, diag.As(err), loaded.Sources)
			if strings.Contains(shown.String(), secret) {
				t.Error("what was said shows the secret")
			}
			if shown.Len() == 0 {
				t.Error("nothing was said")
			}
		})
	}
}

// TestAliasBombsAreCheap gives a file of a few hundred bytes that stands for billions of values.
func TestAliasBombsAreCheap(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "kubelet:\n  config:\n    a0: &a0 [x]\n")
	for i := range 12 {
		uses := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", ")
		fmt.Fprintf(&b, "    a%d: &a%d [%s]\n", i+1, i+1, uses)
	}
	got := said(t, fstest.MapFS{"a.yaml": {Data: []byte(b.String())}}, "a.yaml")
	if len(got) != 1 || !strings.Contains(got[0], "the profile grows beyond 20000 values here") {
		t.Errorf("said %q", got)
	}
}

func TestHoldsSecrets(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		line             int
	}{
		{"block style", "apiVersion: v1\nkind: Secret\n", "kind Secret", 2},
		{"with a comment", "kind: Secret # mine\n", "kind Secret", 1},
		{"quoted, and Windows' line ends", "a: b\r\n\"kind\": 'EncryptionKeys'\r\n", "kind EncryptionKeys", 2},
		{"flow style", "{apiVersion: v1, kind: Secret, data: {}}", "kind Secret", 1},
		{"JSON", `{"kind":"EncryptionConfiguration","resources":[]}`, "kind EncryptionConfiguration", 1},
		{"within a list", "items:\n- kind: Secret\n", "kind Secret", 2},
		{"deeper", "items:\n- apiVersion: v1\n  kind: Secret\n", "kind Secret", 3},
		{"private key", "a: |\n  -----BEGIN EC PRIVATE KEY-----\n", "a private key", 2},
		{"comment about it", "# kind: Secret\nkind: Profile\n", "", 0},
		{"another kind", "kind: SecretClass\nmankind: Secret\n", "", 0},
		{"certificate", "-----BEGIN CERTIFICATE-----\n", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if what, line := HoldsSecrets([]byte(test.text)); what != test.want || line != test.line {
				t.Errorf("got %q at line %d, want %q at %d", what, line, test.want, test.line)
			}
		})
	}
}
