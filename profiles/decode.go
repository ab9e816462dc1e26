package profiles

import (
	"reflect"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// decode fills a profile from a merged tree that was checked against the schema: what does not
// fit was reported and removed before.
func decode(tree *settings.Value, into *Profile) { decodeInto(tree, reflect.ValueOf(into).Elem()) }

func decodeInto(v *settings.Value, into reflect.Value) {
	if into.Type() == reflect.TypeFor[*settings.Value]() {
		into.Set(reflect.ValueOf(v))
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		decodeInto(v, into.Elem())
	case reflect.String:
		into.SetString(v.Text)
	case reflect.Bool:
		into.SetBool(v.Text == "true")
	case reflect.Int:
		n, err := strconv.Atoi(v.Text)
		if err == nil {
			into.SetInt(int64(n))
		}
	case reflect.Slice:
		into.Set(reflect.MakeSlice(into.Type(), len(v.Items), len(v.Items)))
		for i, item := range v.Items {
			decodeInto(item, into.Index(i))
		}
	case reflect.Struct:
		for i := range into.NumField() {
			if below := v.Get(into.Type().Field(i).Tag.Get("yaml")); below != nil {
				decodeInto(below, into.Field(i))
			}
		}
	}
}
