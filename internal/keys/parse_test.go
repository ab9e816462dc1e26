//go:build unix

package keys

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	nameA, secretA := known('A')
	nameB, _ := known('B')
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, row := range []struct{ name, data, want string }{
		{"empty", "", "FILE: key file is empty; remove it, and --new-keys makes one"},
		{"only a comment", "# nothing\n", "FILE: key file is empty; remove it, and --new-keys makes one"},
		{"not YAML", "keys: [" + secretA, "FILE:1: key file is not valid YAML"},
		{"unknown anchor that is a key", "keys: *" + strings.TrimSuffix(secretA, "="), "FILE: key file is not valid YAML"},
		{"not UTF-8", head + "\xff", "FILE: key file is not UTF-8"},
		{"not a map", secretA, "FILE:1:1: not a map of apiVersion, kind, keys"},
		{"two documents", head + entry('A', "secretbox") + "---\n" + head, "FILE:7:1: key file has more than one document"},
		{"no keys", strings.TrimSuffix(head, "keys:\n"), `FILE:1:1: field "keys" is missing`},
		{"keys empty", strings.TrimSuffix(head, "\n") + " []\n", "FILE:3:7: keys: no key in the list"},
		{"keys is a text", strings.TrimSuffix(head, "\n") + " " + secretA, "FILE:3:7: keys: not a list"},
		{"other kind", strings.Replace(head, "EncryptionKeys", "Profile", 1) + entry('A', "secretbox"), "FILE:2:7: kind: not a key file of hardstrap; allowed: EncryptionKeys"},
		{"other version", strings.Replace(head, "v1alpha1", "v2", 1) + entry('A', "secretbox"), "FILE:1:13: apiVersion: not a key file of hardstrap; allowed: hardstrap.dev/v1alpha1"},
		{"unknown field", head + entry('A', "secretbox") + "  color: red\n", `FILE:7:3: keys[0]: unknown field "color"; allowed: name, provider, secret`},
		{"a key for a field", head + entry('A', "secretbox") + "  " + secretA + ": red\n", `FILE:7:3: keys[0]: unknown field; allowed: name, provider, secret`},
		{"unknown provider", head + entry('A', "rot"), `FILE:5:13: keys[0].provider: unknown provider "rot"; allowed: secretbox, aescbc, aesgcm`},
		{"a key for a provider", head + entry('A', secretA), `FILE:5:13: keys[0].provider: unknown provider; allowed: secretbox, aescbc, aesgcm`},
		{"short", head + "- name: " + nameA + "\n  provider: secretbox\n  secret: " + short + "\n", "FILE:6:11: keys[0].secret: secret is 16 bytes long; allowed: 32"},
		{"not base64", head + "- name: " + nameA + "\n  provider: secretbox\n  secret: '" + secretA[:20] + "!'\n", "FILE:6:11: keys[0].secret: not base64 in one line, with padding"},
		{"without padding", head + strings.Replace(entry('A', "secretbox"), "=", "", 1), "FILE:6:11: keys[0].secret: not base64 in one line, with padding"},
		{"in two lines", head + "- name: " + nameA + "\n  provider: secretbox\n  secret: \"" + secretA[:20] + "\\n" + secretA[20:] + "\"\n", "FILE:6:11: keys[0].secret: not base64 in one line, with padding"},
		{"a number", head + "- name: " + nameA + "\n  provider: secretbox\n  secret: 12345678901234567890\n", "FILE:6:11: keys[0].secret: not a text"},
		{"other name", head + strings.Replace(entry('A', "secretbox"), nameA, nameB, 1), `FILE:4:9: keys[0].name: name "` + nameB + `" is not the fingerprint of the secret; the secret or the name was changed; the secret that stands here would be ` + nameA},
		{"a key for a name", head + strings.Replace(entry('A', "secretbox"), nameA, secretA, 1), `FILE:4:9: keys[0].name: name is not the fingerprint of the secret; the secret or the name was changed; the secret that stands here would be ` + nameA},
		{"twice", head + entry('A', "secretbox") + entry('A', "aescbc"), `FILE:7:3: keys[1]: key "` + nameA + `" stands already in line 4`},
		{"field twice", head + entry('A', "secretbox") + "  name: x\n", `FILE:7:3: keys[0]: field "name" stands twice`},
		{"alias", head + strings.Replace(entry('A', "secretbox"), secretA, "&s "+secretA, 1) + "- name: x\n  provider: secretbox\n  secret: *s\n", "FILE:9:11: keys[1].secret: not a text"},
		{"all at once", head + "- 1\n- {}\n" + entry('B', "rot"), "FILE:4:3: keys[0]: not a map of name, provider, secret\n" +
			"FILE:5:3: keys[1]: field \"name\" is missing\nFILE:5:3: keys[1]: field \"provider\" is missing\nFILE:5:3: keys[1]: field \"secret\" is missing\n" +
			`FILE:7:13: keys[2].provider: unknown provider "rot"; allowed: secretbox, aescbc, aesgcm`},
		{"only of another provider", head + entry('A', "aescbc"), `FILE: no key of provider "secretbox", only of "aescbc"; set apiServer.encryption.provider to aescbc, or add a key of secretbox to the file (--new-keys with another keyFile makes one to copy) and keep the old one: stored data needs it`},
	} {
		t.Run(row.name, func(t *testing.T) {
			at := write(t, row.data)
			_, err := Read(at, "secretbox")
			if err == nil {
				t.Fatal("was read")
			}
			if got := strings.ReplaceAll(err.Error(), at, "FILE"); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			noSecret(t, err.Error())
		})
	}
}

func TestOrderOfKeys(t *testing.T) {
	at := write(t, head+entry('A', "aescbc")+entry('B', "secretbox")+entry('C', "aesgcm")+entry('D', "secretbox")+entry('E', "aescbc"))
	names := func(letters string) (out []string) {
		for _, b := range []byte(letters) {
			name, _ := known(b)
			out = append(out, name)
		}
		return out
	}
	for provider, want := range map[string]string{"secretbox": "BDAEC", "aescbc": "AEBDC", "aesgcm": "CBDAE"} {
		ring, err := Read(at, provider)
		if err != nil {
			t.Fatal(err)
		}
		if got := ring.Names(); !slices.Equal(got, names(want)) {
			t.Errorf("%s: got %v, want %v", provider, got, names(want))
		}
		if first := ring.Keys()[0]; first.Provider != provider {
			t.Errorf("%s: %s writes", provider, first.Provider)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head + entry('A', "secretbox") + entry('B', "aescbc")))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {x: y}\n: z\n---\n...\n"))
	f.Add([]byte("keys:\n- <<: {name: x}\n"))
	f.Add([]byte("\ufeff# c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, faults := parse("k", data)
		if (ring == nil) == (len(faults) == 0) {
			t.Fatalf("ring %v with faults %v", ring, faults)
		}
		noSecret(t, faults.Error())
		if ring == nil {
			return
		}
		again, faults := parse("k", ring.encode())
		if len(faults) > 0 || !slices.Equal(again.Keys(), ring.Keys()) || !slices.Equal(again.Secrets(), ring.Secrets()) {
			t.Fatalf("written and read again: %v", faults)
		}
	})
}
