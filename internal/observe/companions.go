package observe

import (
	"regexp"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// companion reads a file for software besides Kubernetes.
func (r *reader) companion(path string, data []byte) []settings.Setting {
	switch {
	case strings.HasPrefix(path, "companions/falco/"):
		return r.falco(data)
	case strings.HasPrefix(path, "companions/file-integrity/"):
		r.integrity(path, data)
		return nil // what it says follows from the other files
	}
	return r.objects(settings.Companion, data)
}

// falco reads a file of rules: one list.
func (r *reader) falco(data []byte) []settings.Setting {
	docs := r.documents(data)
	if len(r.problems) > 0 {
		return nil
	}
	if len(docs) != 1 {
		r.fail(nil, "%d documents stand where one list of rules is wanted", len(docs))
		return nil
	}
	s := setting(settings.Companion, "", "falco/rules", docs[0])
	s.Shape = settings.Document
	return []settings.Setting{s}
}

const listedPath = `[A-Za-z0-9][A-Za-z0-9_./+@,:-]*`

var (
	mtreeLine = regexp.MustCompile(`^(\. type=dir|\./` + listedPath + ` type=dir|\./` + listedPath + ` type=file mode=0[0-7]{3} uname=\S+ gname=\S+( sha256=[0-9a-f]{64})?)$`)
	sha256sum = regexp.MustCompile(`^[0-9a-f]{64}  ` + listedPath + `$`)
)

// integrity checks the shape of a list of files: every line is a comment or one file.
func (r *reader) integrity(path string, data []byte) {
	shape := sha256sum
	if strings.HasSuffix(path, ".mtree") {
		shape = mtreeLine
	}
	for _, l := range lines(data) {
		if !shape.MatchString(l.text) {
			r.failLine(l, "%q is no line of a list of files", l.text)
		}
	}
}
