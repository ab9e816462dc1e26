package snapshot

import (
	"bytes"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// withoutComments empties lines that are comments, so that lines keep their numbers.
func withoutComments(data []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		if text := bytes.TrimSpace(line); len(text) > 0 && (text[0] == '#' || text[0] == ';') {
			out.Write(text[:1])
			if bytes.HasSuffix(line, []byte("\n")) {
				out.WriteByte('\n')
			}
			continue
		}
		out.Write(line)
	}
	return out.Bytes()
}

// assigned returns a file of sysctl.d(5) without its comments: a file with any other line is another kind of file,
// to which a link leads.
func assigned(data []byte) ([]byte, error) {
	data = withoutComments(data)
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		text := strings.TrimSpace(string(line))
		name, value, ok := strings.Cut(strings.TrimPrefix(text, "-"), "=")
		name = strings.TrimSpace(name)
		switch {
		case text == "" || strings.ContainsAny(text[:1], "#;"):
		case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./*?@[]!") != "", !ok && !strings.HasPrefix(text, "-"):
			return nil, errors.New("a line of it is no assignment")
		case isSecretParameter(name) && value != "":
			before, _, _ := strings.Cut(string(line), "=")
			line = []byte(before + "=" + settings.Redacted + "\n")
		}
		out.Write(line)
	}
	return out.Bytes(), nil
}

// isSecretParameter names the kernel's parameters that are keys (Linux, Documentation/networking/ip-sysctl.rst).
func isSecretParameter(name string) bool {
	return strings.HasSuffix(name, "stable_secret") || strings.HasSuffix(name, "tcp_fastopen_key")
}

// withoutVariables replaces secrets in a unit of systemd (systemd.unit(5), systemd.exec(5)) or in a file of
// environment variables (EnvironmentFile=): the values of variables that do not configure a component, passwords
// among the words of a command, and credentials.
func withoutVariables(data []byte) ([]byte, error) {
	var out strings.Builder
	unit, goesOn, command := false, false, false
	for line := range strings.Lines(string(withoutComments(data))) {
		text := strings.TrimRight(line, "\r\n")
		unit = unit || strings.HasPrefix(strings.TrimSpace(text), "[")
		switch {
		case goesOn && !command:
			return nil, errors.New("a value of it goes over several lines")
		case goesOn:
			text = words(text)
		default:
			var err error
			if text, command, err = variable(text, unit); err != nil {
				return nil, err
			}
		}
		goesOn = strings.HasSuffix(strings.TrimSpace(line), `\`)
		out.WriteString(text + line[len(strings.TrimRight(line, "\r\n")):])
	}
	return []byte(out.String()), nil
}

// variable cleans one line; command tells that it is a list of words, which may go on in the next line.
func variable(line string, unit bool) (cleaned string, command bool, err error) {
	text := strings.TrimSpace(line)
	if text == "" || strings.ContainsAny(text[:1], "#;[") {
		return line, false, nil
	}
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
	switch {
	case !ok:
		return "", false, errors.New("a line of it is no assignment")
	case unit && (name == "Environment" || name == "DefaultEnvironment" || name == "ManagerEnvironment"):
		return name + "=" + assignments(value), false, nil
	case unit && strings.HasPrefix(name, "SetCredential"):
		return name + "=" + settings.Redacted, false, nil
	case unit, holdsFlags(name):
		return words(line), true, nil
	case process.Configures(settings.Etcd, name):
		return name + "=" + process.HideVariable(name, strings.Trim(value, `"'`)), false, nil
	}
	return name + "=" + settings.Redacted, false, nil
}

// holdsFlags reports whether a variable is one of flags: KUBELET_KUBEADM_ARGS, KUBELET_EXTRA_ARGS and those that
// kubeadm's drop-in fills itself (k8s.io/release, cmd/krel/templates/latest/kubeadm/10-kubeadm.conf).
func holdsFlags(name string) bool {
	return strings.HasPrefix(name, "KUBELET_") && strings.HasSuffix(name, "_ARGS")
}

// assignments cleans the value of Environment=, which is a list of assignments, each perhaps in quotes.
func assignments(value string) string {
	var out []string
	for _, word := range splitWords(value) {
		bare := strings.Trim(word, `"'`)
		name, text, ok := strings.Cut(bare, "=")
		switch {
		case !ok:
			word = settings.Redacted
		case holdsFlags(name):
			word = `"` + name + "=" + words(text) + `"`
		case process.Configures(settings.Etcd, name):
			word = `"` + name + "=" + process.HideVariable(name, text) + `"`
		default:
			word = `"` + name + "=" + settings.Redacted + `"`
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// splitWords splits at blanks that are not within quotes.
func splitWords(text string) []string {
	var (
		out   []string
		word  strings.Builder
		quote rune
	)
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case quote == 0 && (r == ' ' || r == '\t'):
			if word.Len() > 0 {
				out = append(out, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteRune(r)
	}
	if word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}

// words cleans the words of a command line within a line, and leaves everything else of the line as it is.
func words(line string) string {
	var (
		out  strings.Builder
		bare []string
		tail []string // what stands before each word
	)
	rest := line
	for _, field := range strings.Fields(line) {
		start := strings.Index(rest, field)
		before := rest[:start]
		rest = rest[start+len(field):]
		// NAME="--flag=value: the flag begins within the word.
		inner := strings.TrimLeft(field, `"'`)
		if name, after, ok := strings.Cut(inner, "="); ok && !strings.HasPrefix(inner, "-") && strings.HasPrefix(strings.TrimLeft(after, `"'`), "-") {
			inner = strings.TrimLeft(field[strings.Index(field, name)+len(name)+1:], `"'`)
		}
		before += field[:len(field)-len(inner)]
		bare, tail = append(bare, strings.TrimRight(inner, `"'`)), append(tail, before)
		rest = inner[len(strings.TrimRight(inner, `"'`)):] + rest
	}
	for i, hidden := range process.Hide(bare) {
		if name, _, ok := strings.Cut(hidden, "="); ok && name == strings.ToUpper(name) && !strings.HasPrefix(name, "-") &&
			!holdsFlags(name) && !process.Configures(settings.Etcd, name) {
			hidden = name + "=" + settings.Redacted
		}
		out.WriteString(tail[i] + hidden)
	}
	return out.String() + rest
}

// public keeps the PEM blocks of a file that are certificates, lists of revoked ones, or public keys.
func public(data []byte) ([]byte, error) {
	var out bytes.Buffer
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "X509 CRL":
			block.Headers = nil
			if err := pem.Encode(&out, block); err != nil {
				return nil, errors.New("it is no certificate")
			}
		}
	}
	if out.Len() == 0 {
		return nil, errors.New("no certificate stands in it")
	}
	return out.Bytes(), nil
}
