package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
)

// maxSize bounds a profile file. The largest sensible one has a few tens of KiB.
const maxSize = 1 << 20

// disk reads files by the names a user gives, absolute or relative to the working directory.
type disk struct{}

func (disk) Open(name string) (fs.File, error)     { return os.Open(name) }
func (disk) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// readFile returns the content of a profile file, or what is wrong with the file as such. It
// looks before it opens: opening a pipe would wait for a writer.
func readFile(fsys fs.FS, name string) ([]byte, *diag.Problem) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, openFault(name, err)
	}
	if p := kindFault(name, info); p != nil {
		return nil, p
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, openFault(name, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	// What is opened can differ from what was looked at, and can grow while it is read.
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, openFault(name, err)
	}
	if len(text) > maxSize {
		return nil, sizeFault(name)
	}
	return text, nil
}

func openFault(name string, err error) *diag.Problem {
	p := &diag.Problem{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Message = fmt.Sprintf("there is no file %q", name)
		if strings.Contains(name, "://") {
			p.Hint = "a profile is read from a file: fetch it first"
		} else if n := nearest.Name(stem(name), Builtins()); n != "" {
			p.Hint = fmt.Sprintf("for the built-in profile write %s", n)
		}
	case errors.Is(err, fs.ErrPermission):
		p.Message = fmt.Sprintf("no permission to read %q", name)
		p.Hint = "give the user that runs hardstrap the right to read the file and to enter its directories"
	default:
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		p.Message = fmt.Sprintf("cannot read %q: %v", name, err)
	}
	return p
}

func kindFault(name string, info fs.FileInfo) *diag.Problem {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return &diag.Problem{Message: fmt.Sprintf("%q is a directory", name), Hint: "name the profile file in it"}
	case !mode.IsRegular():
		what := "a device"
		if mode&fs.ModeNamedPipe != 0 {
			what = "a pipe"
		} else if mode&fs.ModeSocket != 0 {
			what = "a socket"
		}
		return &diag.Problem{
			Message: fmt.Sprintf("%q is %s", name, what),
			Hint:    "write the profile to a file: what it names is looked for beside it",
		}
	case info.Size() > maxSize:
		return sizeFault(name)
	}
	return nil
}

func sizeFault(name string) *diag.Problem {
	return &diag.Problem{
		Message: fmt.Sprintf("%q is larger than a profile can be", name),
		Allowed: "at most 1 MiB",
	}
}

// checkText finds what no profile may hold before YAML is read: bytes that are not UTF-8, and
// characters that a terminal or an editor acts upon, so that what a reviewer sees is what is
// meant. It returns the text without a byte order mark.
func checkText(file string, text []byte) ([]byte, diag.List) {
	var faults diag.List
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if p := secretFault(file, text); p != nil {
		return nil, diag.List{*p}
	}
	line, column := 1, 1
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		at := diag.Position{File: file, Line: line, Column: column}
		if r == utf8.RuneError && size == 1 {
			faults.Add(diag.Problem{
				Position: at,
				Message:  fmt.Sprintf("the byte 0x%02X is not UTF-8", text[i]),
				Hint:     utf16Hint(text),
			})
			return text, faults // the rest would be a flood of the same
		}
		if name := forbidden(r); name != "" || (r == '\r' && !bytes.HasPrefix(text[i+1:], []byte("\n"))) {
			if name == "" {
				name = "a carriage return within a line"
			}
			faults.Add(diag.Problem{
				Position: at,
				Message:  fmt.Sprintf("%s (U+%04X) cannot stand in a profile", name, r),
				Hint:     fmt.Sprintf(`remove it, or write it as "\u%04X" within double quotes`, r),
			})
			return text, faults
		}
		i += size
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return text, nil
}

func utf16Hint(text []byte) string {
	if bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF}) {
		return "the file is UTF-16; save it as UTF-8"
	}
	return "save the file as UTF-8"
}

// forbidden names a character that may not stand in a profile's text.
func forbidden(r rune) string {
	switch {
	case r == 0:
		return "a NUL character"
	case r == '\t' || r == '\n' || r == '\r':
		return ""
	case r < 0x20 || (r >= 0x7F && r < 0xA0):
		return "a control character"
	case r == 0x2028 || r == 0x2029:
		return "a line separator that editors do not show"
	case (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) || r == 0x200E || r == 0x200F:
		return "a character that changes the direction of text"
	case r == 0xFEFF:
		return "a byte order mark within the text"
	}
	return ""
}

var privateKey = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----`)

var userInURL = regexp.MustCompile(`://[^\s/@"']+@`)

// mask hides names and passwords in URLs, character for character so that places stay: what is
// wrong with a profile is shown on terminals and in logs.
func mask(text []byte) []byte {
	return userInURL.ReplaceAllFunc(text, func(found []byte) []byte {
		return []byte("://" + strings.Repeat("*", utf8.RuneCount(found)-len("://@")) + "@")
	})
}

// secretKind finds a document that holds secrets: at the start of a line, in a list, or in flow style.
var secretKind = regexp.MustCompile(`(?:^|[{,])[\s"'-]*kind["']?\s*:\s*["']?(EncryptionKeys|EncryptionConfiguration|Secret)["']?\s*(?:[,}#]|$)`)

// HoldsSecrets reports what of a text must not be quoted, as "kind Secret" or "a private key",
// and its line; "" when nothing is recognised. Who reads a file that a profile names asks this
// before a message shows anything of it.
func HoldsSecrets(text []byte) (what string, line int) {
	for l := range bytes.Lines(text) {
		line++
		if bytes.Contains(l, []byte("-----BEGIN ")) && privateKey.Match(l) {
			return "a private key", line
		}
		if !bytes.Contains(l, []byte("kind")) || bytes.HasPrefix(bytes.TrimSpace(l), []byte("#")) {
			continue
		}
		if found := secretKind.FindSubmatch(bytes.TrimRight(l, "\r\n")); found != nil {
			return "kind " + string(found[1]), line
		}
	}
	return "", 0
}

// secretFault refuses a file that holds keys before anything of it can be quoted.
func secretFault(file string, text []byte) *diag.Problem {
	what, line := HoldsSecrets(text)
	if what == "" {
		return nil
	}
	return &diag.Problem{
		Position: diag.Position{File: file, Line: line},
		Message:  fmt.Sprintf("this is not a profile: it holds %s", what),
		Hint:     "keep secrets out of profiles; a profile names the files that hold them",
	}
}
