package generate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// fakeKubectl answers what the README's check asks, from files of its directory.
const fakeKubectl = `#!/bin/sh
dir=$(dirname "$0")
case "$*" in
*'get csr'*signerName*) cat "$dir/signer" ;;
*'get csr'*usages*) cat "$dir/usages" ;;
*'get csr'*username*) cat "$dir/username" ;;
*'get csr'*groups*) cat "$dir/groups" ;;
*'get csr'*request*) cat "$dir/request" ;;
*'get node worker-1'*) cat "$dir/addresses" ;;
*'certificate approve'*) echo approved ;;
*) exit 1 ;;
esac
`

// csrCheck cuts the shell functions out of the README.
func csrCheck(t *testing.T) string {
	t.Helper()
	set := fullSet()
	put(set, settings.Kubelet, settings.Worker, "serverTLSBootstrap", true)
	text := string(render(t, inputOf(set))["README.md"].Data)
	_, text, ok := strings.Cut(text, "# what is wrong with the certificate signing request")
	text, _, end := strings.Cut(text, "kubectl get csr --field-selector")
	if !ok || !end {
		t.Fatal("the README has no check of certificate signing requests")
	}
	return "#" + text
}

func TestOnlyAKubeletsOwnRequestIsApproved(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "sed", "grep"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("this test runs the README's shell functions and needs %s", tool)
		}
	}
	type request struct {
		csr                          x509.CertificateRequest
		signer, usages, user, groups string
	}
	good := func() request {
		return request{
			csr: x509.CertificateRequest{
				Subject:     pkix.Name{CommonName: "system:node:worker-1", Organization: []string{"system:nodes"}},
				DNSNames:    []string{"worker-1"},
				IPAddresses: []net.IP{net.ParseIP("192.0.2.5")},
			},
			signer: "kubernetes.io/kubelet-serving", usages: "digital signature\nserver auth\n",
			user: "system:node:worker-1", groups: "system:nodes\nsystem:authenticated\n",
		}
	}
	script := csrCheck(t) + "\napprove csr-1\n"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		change func(*request)
		want   string // part of the complaint; empty: approved
	}{
		{"its own name and address", func(*request) {}, ""},
		{"with the use that RSA keys have", func(r *request) { r.usages += "key encipherment\n" }, ""},
		{"another signer", func(r *request) { r.signer = "kubernetes.io/kube-apiserver-client-kubelet" }, "another signer"},
		{"use as a client", func(r *request) { r.usages += "client auth\n" }, "another use"},
		{"asked for by a person", func(r *request) { r.user = "alice" }, "no node"},
		{"asked for by nobody", func(r *request) { r.user = "" }, "no node"},
		{"outside the group of nodes", func(r *request) { r.groups = "system:authenticated\n" }, "not of system:nodes"},
		{"another node's name", func(r *request) { r.csr.Subject.CommonName = "system:node:worker-2" }, "asks for"},
		{"another organization besides", func(r *request) {
			r.csr.Subject.Organization = append(r.csr.Subject.Organization, "system:masters")
		}, "asks for"},
		{"a name the node does not have", func(r *request) { r.csr.DNSNames = append(r.csr.DNSNames, "kubernetes") }, "has no kubernetes"},
		{"an address the node does not have", func(r *request) {
			r.csr.IPAddresses = append(r.csr.IPAddresses, net.ParseIP("192.0.2.1"))
		}, "has no 192.0.2.1"},
		{"a wildcard", func(r *request) { r.csr.DNSNames = []string{"*"} }, "has no *"},
		{"an empty name", func(r *request) { r.csr.DNSNames = []string{""} }, "neither a name"},
		{"a name behind a line break", func(r *request) {
			r.csr.DNSNames = []string{"worker-1", "worker-1\n    Signature Algorithm: x", "kubernetes"}
		}, "more or less"},
		{"a URI", func(r *request) { r.csr.URIs = []*url.URL{{Scheme: "spiffe", Host: "x"}} }, "neither a name"},
		{"an e-mail address", func(r *request) { r.csr.EmailAddresses = []string{"a@example.org"} }, "neither a name"},
		{"no names", func(r *request) { r.csr.DNSNames, r.csr.IPAddresses = nil, nil }, "more or less"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := good()
			row.change(&r)
			der, err := x509.CreateCertificateRequest(rand.Reader, &r.csr, key)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
			for name, text := range map[string]string{
				"kubectl": fakeKubectl, "signer": r.signer, "usages": r.usages, "username": r.user, "groups": r.groups,
				"request": base64.StdEncoding.EncodeToString(block), "addresses": "192.0.2.5\nworker-1\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("sh", "-c", script)
			cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if row.want == "" && string(out) != "approved\n" {
				t.Errorf("not approved: %s", out)
			}
			if row.want != "" && (!strings.Contains(string(out), row.want) || strings.Contains(string(out), "approved\n")) {
				t.Errorf("got %q, wanted a complaint with %q", out, row.want)
			}
		})
	}
}

// TestReadmeReads looks at what a template can get wrong in a text: blocks that do not end,
// words that run together, tables and paragraphs that are cut.
func TestReadmeReads(t *testing.T) {
	for name, in := range inputs() {
		t.Run(name, func(t *testing.T) {
			text := string(render(t, in)["README.md"].Data)
			if strings.Contains(strings.ToLower(text), "complian") {
				t.Error("it speaks of compliance; it has to tell what is set and what is not covered")
			}
			inside, before := false, ""
			for i, line := range strings.Split(text, "\n") {
				at := fmt.Sprintf("line %d, %q", i+1, line)
				switch {
				case strings.Contains(line, "```"):
					if want := map[bool]string{false: "```sh", true: "```"}[inside]; line != want {
						t.Errorf("%s: want %q", at, want)
					}
					inside = !inside
				case inside:
				case strings.HasPrefix(line, "#") && before != "" || strings.HasPrefix(before, "#") && line != "":
					t.Errorf("%s: no empty line beside a heading", at)
				case line == "" && before == "" && i > 0:
					t.Errorf("%s: two empty lines", at)
				case strings.HasPrefix(line, "|") != strings.HasPrefix(before, "|") && line != "" && before != "":
					t.Errorf("%s: a table runs into a text", at)
				case strings.Contains(line, "  ") || strings.Contains(line, " .") || strings.Contains(line, "<no value>") || strings.HasSuffix(line, " "):
					t.Errorf("%s: words were lost", at)
				}
				before = line
			}
			if inside {
				t.Error("a block does not end")
			}
		})
	}
}
