package bundle

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeIsExact(t *testing.T) {
	b := &Bundle{
		Record: Record{
			Hardstrap: "1.0.0", Profile: ProfileRef{Name: "a<b>&c", Digest: "dd"}, KubernetesVersion: "1.37.0",
			Catalog: map[string]string{"kubernetes": "v1.37.0", "etcd": "v3.7.0"},
		},
		Files: []File{
			encryption(secretA),
			{Path: "README.md", Data: []byte("hello\n"), Owner: "etcd:etcd", Mode: 0o640, Settings: someSettings(), Controls: []string{"b/2", "a/1", "b/2"}},
		},
	}
	want := `{
  "apiVersion": "hardstrap.dev/v1alpha1",
  "kind": "Record",
  "hardstrap": "1.0.0",
  "profile": {
    "name": "a<b>&c",
    "sha256": "dd"
  },
  "kubernetesVersion": "1.37.0",
  "catalog": {
    "etcd": "v3.7.0",
    "kubernetes": "v1.37.0"
  },
  "controls": [
    "a/1",
    "b/2"
  ],
  "files": [
    {
      "path": ".gitignore",
      "mode": "0644",
      "owner": "root:root",
      "sha256": "` + digest([]byte("/host/control-plane/etc/kubernetes/hardstrap/encryption/encryption.yaml\n")) + `"
    },
    {
      "path": "README.md",
      "mode": "0640",
      "owner": "etcd:etcd",
      "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
      "settings": [
        "kube-apiserver:--anonymous-auth",
        "kube-apiserver:--profiling"
      ],
      "controls": [
        "a/1",
        "b/2"
      ]
    },
    {
      "path": "host/control-plane/etc/kubernetes/hardstrap/encryption/encryption.yaml",
      "mode": "0600",
      "owner": "root:root",
      "secret": true,
      "sha256WithoutSecrets": "` + digest([]byte("resources: [secrets]\nkeys:\n- <redacted>\n")) + `"
    }
  ]
}
`
	got, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// A record must not depend on a secret in any way: with another key of the same spelling
// around it, it is the same.
func TestRecordTellsNothingOfSecrets(t *testing.T) {
	with := func(secret string) string {
		data, err := (&Bundle{Files: []File{encryption(secret)}}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if with(secretA) != with(secretB) {
		t.Error("two keys make two records")
	}
	if strings.Contains(with(secretA), digest(encryption(secretA).Data)) {
		t.Error("the record has the digest of a file with a secret")
	}
}

func TestConcealTakesOutTheLongerFirst(t *testing.T) {
	got := conceal([]byte("abcdef abc"), Secrets{"abc", "", "abcdef"})
	if want := "<redacted> <redacted>"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	b := Bundle{Files: []File{encryption(secretA)}}
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", b, b, b, b.Files[0], b.Files, b.Files[0].Secrets)
	asJSON, err := json.Marshal(b.Files[0].Secrets)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{secretA, fmt.Sprintf("%x", secretA), "QUFBQ"} {
		if strings.Contains(shown+string(asJSON), form) {
			t.Errorf("a secret is printed as %q", form)
		}
	}
	if !strings.Contains(shown, encryptionPath) {
		t.Error("the path is not printed")
	}
}

func TestParseRecord(t *testing.T) {
	const head = `{"apiVersion":"hardstrap.dev/v1alpha1","kind":"Record","files":`
	for _, row := range []struct{ name, data, want string }{
		{"good", head + `[{"path":"a/b","mode":"0644"}]}`, ""},
		{"not JSON", "nothing", "hardstrap.json: invalid character 'o' in literal null (expecting 'u')"},
		{"other kind", `{"apiVersion":"v1","kind":"List"}`, `hardstrap.json: apiVersion "v1", kind "List"; allowed: hardstrap.dev/v1alpha1, Record`},
		{"path leads out", head + `[{"path":"../../etc/passwd","mode":"0644"}]}`, `hardstrap.json: files[0].path: invalid path "../../etc/passwd"`},
		{"absolute path", head + `[{"path":"/etc/passwd","mode":"0644"}]}`, `hardstrap.json: files[0].path: invalid path "/etc/passwd"`},
		{"path is the bundle", head + `[{"path":".","mode":"0644"}]}`, `hardstrap.json: files[0].path: invalid path "."`},
		{"mode with setuid", head + `[{"path":"a","mode":"4755"}]}`, `hardstrap.json: files[0].mode: invalid mode "4755"; allowed: 0000 to 0777, octal`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ParseRecord([]byte(row.data))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func FuzzParseRecord(f *testing.F) {
	data, err := oldBundle().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"apiVersion":"hardstrap.dev/v1alpha1","kind":"Record","files":[{"path":"a\u0000b","mode":"0"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRecord(data)
		if err != nil {
			return
		}
		for _, file := range r.Files {
			if strings.HasPrefix(file.Path, "/") || strings.Contains("/"+file.Path+"/", "/../") {
				t.Errorf("admitted the path %q", file.Path)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		name  string
		files []File
		want  string
	}{
		{"good", []File{text("a/b", ""), text("a/c", "")}, ""},
		{"leads out", []File{text("../a", "")}, `bundle: invalid path "../a"`},
		{"absolute", []File{text("/a", "")}, `bundle: invalid path "/a"`},
		{"not clean", []File{text("a//b", "")}, `bundle: invalid path "a//b"`},
		{"backslash", []File{text(`a\b`, "")}, `bundle: invalid path "a\\b"`},
		{"twice", []File{text("a", ""), text("a", "")}, `bundle: two files of the path "a"`},
		{"the list for git", []File{text(IgnoreFile, "")}, `bundle: two files of the path ".gitignore"`},
		{"the record", []File{text(RecordFile, "")}, `bundle: two files of the path "hardstrap.json"`},
		{"file and directory", []File{text("a/b/c", ""), text("a", "")}, `bundle: "a" is a file, and "a/b/c" needs it to be a directory`},
		{"unmarked secret", []File{{Path: "a", Secrets: Secrets{"x"}}}, `bundle: "a" has secrets but is not marked as secret`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			if err := (&Bundle{Files: row.files}).Check(); err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
