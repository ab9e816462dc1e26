package facts

import (
	"strings"
	"testing"
)

func TestFirstSentence(t *testing.T) {
	for _, c := range []struct{ name, help, want string }{
		{"one sentence", "Path of the file.", "Path of the file."},
		{"two sentences", "Path of the file. It must exist.", "Path of the file."},
		{"no full stop", "Path of the file", "Path of the file"},
		{"over lines", "Path\n\tof the  file. More.", "Path of the file."},
		{"an abbreviation", "A duration, e.g. 5s. More.", "A duration, e.g. 5s."},
		{"a version", "Since 1.36 it is on. More.", "Since 1.36 it is on."},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := FirstSentence(c.help); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for _, help := range []string{strings.Repeat("word ", 80), strings.Repeat("x", 300), strings.Repeat("ü", 300)} {
		got := FirstSentence(help)
		if len(got) > 160 || !strings.HasSuffix(got, "...") || strings.ToValidUTF8(got, "?") != got {
			t.Errorf("%.20s: cut to %d bytes: %q", help, len(got), got)
		}
	}
}
