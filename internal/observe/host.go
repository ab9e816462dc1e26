package observe

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// lineOf is one line of a line-based file that is neither empty nor a comment.
type lineOf struct {
	number int
	text   string
}

// lines returns the lines that say something. Comments start with # or ; as in sysctl.d(5),
// tmpfiles.d(5), sysusers.d(5) and systemd.syntax(7).
func lines(data []byte) []lineOf {
	var out []lineOf
	number := 0
	for text := range bytes.Lines(data) {
		number++
		trimmed := strings.TrimSpace(string(text))
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		out = append(out, lineOf{number, trimmed})
	}
	return out
}

func (r *reader) failLine(l lineOf, format string, args ...any) {
	r.problems.Errorf(diag.Position{File: r.path, Line: l.number, Column: 1}, "", format, args...)
}

func (r *reader) at(l lineOf) settings.Origin {
	return settings.Origin{Source: settings.FromFile, File: r.path, Line: l.number, Column: 1}
}

func (r *reader) sysctl(role string, data []byte) []settings.Setting {
	var out []settings.Setting
	for _, l := range lines(data) {
		name, value, ok := strings.Cut(l.text, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if _, err := strconv.ParseInt(value, 10, 64); !ok || name == "" || err != nil {
			r.failLine(l, "%q is no pair of a name and an integer", l.text)
			continue
		}
		out = append(out, setting(settings.Host, role, "sysctl/"+name, &settings.Value{
			Kind: settings.Int, Text: value, Origin: r.at(l)}))
	}
	return out
}

// tmpfiles reads lines of type, path, mode, user and group; age and argument are not used.
func (r *reader) tmpfiles(role string, data []byte) []settings.Setting {
	var out []settings.Setting
	for _, l := range lines(data) {
		f := strings.Fields(l.text)
		if len(f) < 5 || len(f) > 7 || strings.Trim(strings.Join(f[5:], ""), "-") != "" || !strings.HasPrefix(f[1], "/") {
			r.failLine(l, "%q is not type, path, mode, user and group", l.text)
			continue
		}
		v := settings.Of(map[string]string{"type": f[0], "mode": f[2], "user": f[3], "group": f[4]}).At(r.at(l))
		out = append(out, setting(settings.Host, role, "tmpfile/"+f[1], v))
	}
	return out
}

var sysuser = regexp.MustCompile(`^u ([a-z_][a-z0-9_-]*) - "[^"]*" /var/lib/etcd /usr/sbin/nologin$`)

func (r *reader) sysusers(role string, data []byte) []settings.Setting {
	var out []settings.Setting
	for _, l := range lines(data) {
		m := sysuser.FindStringSubmatch(l.text)
		if m == nil {
			r.failLine(l, "%q is not the line of the user that owns etcd's data", l.text)
			continue
		}
		out = append(out, setting(settings.Host, role, "user/etcd", &settings.Value{
			Kind: settings.String, Text: m[1], Origin: r.at(l)}))
	}
	return out
}

var directive = regexp.MustCompile(`^[A-Z][A-Za-z]+=.`)

// unit checks that a systemd unit is sections of directives; it carries no setting of its own.
func (r *reader) unit(data []byte) {
	section := false
	for _, l := range lines(data) {
		switch {
		case strings.HasPrefix(l.text, "[") && strings.HasSuffix(l.text, "]"):
			section = true
		case !section || !directive.MatchString(l.text) || strings.HasSuffix(l.text, `\`):
			r.failLine(l, "%q is no directive within a section", l.text)
		}
	}
}
