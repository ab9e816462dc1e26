package meaning

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Lengths of texts for people.
const (
	maxShort  = 160 // runes
	maxPart   = 400
	maxListed = 5 // of a list
)

// short cuts a long text, keeps it on one line, and takes out what would do something to a terminal.
func short(s string) string { return cut(s, maxShort) }

func cut(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// listed names the first of many.
func listed(list []string) string {
	if len(list) > maxListed {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:maxListed], ", "), len(list)-maxListed)
	}
	return strings.Join(list, ", ")
}

// secretKey reports whether what stands under a key is not to be shown: the fields of Kubernetes' own configuration
// files that hold one (k8s.io/client-go v0.37.0, tools/clientcmd/api/v1/types.go; apiserver.config.k8s.io/v1,
// EncryptionConfiguration), and whatever is called so.
func secretKey(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"secret", "token", "password", "key-data", "keydata", "privatekey", "credential"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return key == "data" || key == "stringdata"
}

// shown returns a value for people, without what stands under the name of a secret.
func shown(v *settings.Value) string {
	switch {
	case v == nil:
		return ""
	case v.Kind == settings.List:
		list := make([]string, 0, min(len(v.Items), maxListed+1))
		for _, item := range v.Items {
			list = append(list, shown(item))
		}
		return short(listed(list))
	case v.Kind == settings.Map:
		list := make([]string, 0, len(v.Entries))
		for _, e := range v.Sorted() {
			if secretKey(e.Key) {
				list = append(list, e.Key+": "+hidden)
				continue
			}
			list = append(list, e.Key+": "+shown(e.Value))
		}
		return short("{" + listed(list) + "}")
	case v.Kind == settings.String && v.Text == "":
		return `""`
	}
	return short(v.Text)
}

// hidden stands where a secret would.
const hidden = "(not shown)"
