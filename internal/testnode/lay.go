package testnode

import (
	"encoding/json"
	"io/fs"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// lay lays down an archive: an index (mode, owner, kind and path of everything), the descriptions of the certificates,
// and the text of the files. test/acceptance writes it, in nodefiles_test.go.
func (nd *node) lay(a *txtar.Archive) {
	nd.t.Helper()
	texts := map[string][]byte{}
	for _, f := range a.Files {
		texts[f.Name] = f.Data
	}
	certificates := nd.issue(texts["certificates.json"])
	for line := range strings.Lines(string(texts["index"])) {
		line, target, _ := strings.Cut(strings.TrimSpace(line), " -> ")
		fields := strings.Fields(line)
		if len(fields) != 4 {
			nd.t.Fatalf("testnode: no line of an index: %q", line)
		}
		owner, kind, path := fields[1], fields[2], fields[3]
		bits, err := strconv.ParseUint(fields[0], 8, 32)
		if err != nil {
			nd.t.Fatal(err)
		}
		mode := fs.FileMode(bits)
		var data []byte
		switch kind {
		case "file":
			text, ok := texts[path]
			if !ok {
				nd.t.Fatalf("testnode: no text of %s", path)
			}
			data = nd.embed(text, certificates[path], certificates[clusterCA])
		case "cert", "pub":
			if data = certificates[path]; data == nil {
				nd.t.Fatalf("testnode: no description of %s", path)
			}
		case "key": // stays empty
		case "dir":
			mode |= fs.ModeDir
		case "link":
			mode, data = mode|fs.ModeSymlink, []byte(target)
		default:
			nd.t.Fatalf("testnode: no kind %q is known", kind)
		}
		nd.put(path, mode, owner, data)
	}
}

// clusterCA is the authority that every kubeconfig embeds.
const clusterCA = "/etc/kubernetes/pki/ca.crt"

// embed puts certificates in place of the marks in a kubeconfig, and something that is no key in place of the key's.
func (nd *node) embed(text, certificate, authority []byte) []byte {
	if !strings.Contains(string(text), "\nkind: Config\n") {
		return text
	}
	return []byte(strings.NewReplacer(
		"certificate-authority-data: CA\n", "certificate-authority-data: "+base64PEM(authority)+"\n",
		"client-certificate-data: CERTIFICATE\n", "client-certificate-data: "+base64PEM(certificate)+"\n",
		"client-key-data: KEY\n", "client-key-data: "+base64PEM([]byte("a private key stands here on a node\n"))+"\n",
	).Replace(string(text)))
}

// descriptions reads the lines of certificates.json.
func (nd *node) descriptions(text []byte) []certificate {
	nd.t.Helper()
	var out []certificate
	for line := range strings.Lines(string(text)) {
		var c certificate
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			nd.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
