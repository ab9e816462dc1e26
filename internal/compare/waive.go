package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/controls"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// waive takes what the profile's waivers give up on purpose out of the count, and returns the waivers that
// lifted nothing. What is unknown is never waived, nor what is stronger. A waiver for a control over one
// element of a list, such as an admission plugin, lifts what differs in that element alone.
func (w *Wanted) waive(r *Report) []Waiver {
	used := make([]bool, len(w.Waivers))
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Direction != Weaker && f.Direction != Different {
			continue
		}
		for j, waiver := range w.Waivers {
			if !controls.Lifts(waiver.Control, f.Key, differing(*f)) {
				continue
			}
			used[j] = true
			if expired(waiver, w.At) {
				f.Expired = &waiver
				continue
			}
			f.Waiver, f.Expired = &waiver, nil
			break
		}
	}
	var unused []Waiver
	for j, waiver := range w.Waivers {
		if !used[j] && !slices.Contains(w.Lifted, waiver.Control) {
			unused = append(unused, waiver)
		}
	}
	return unused
}

// expired reports whether a waiver's last day lies before a day. One that cannot be read counts as expired.
func expired(w Waiver, at time.Time) bool {
	if w.Expires == "" {
		return false
	}
	last, err := time.Parse(time.DateOnly, w.Expires)
	return err != nil || !at.Before(last.AddDate(0, 0, 1))
}

// differing returns the elements of a list or map that are not the same, or nil where the whole value is not.
func differing(f Finding) []string {
	var out []string
	for _, s := range f.Found {
		if s.Direction == "" {
			continue
		}
		a, b := elements(f.Wanted.Value), elements(s.Said.Value)
		if a == nil && b == nil {
			return nil
		}
		for _, one := range append(without(a, b), without(b, a)...) {
			if !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}

func elements(v *settings.Value) []string {
	switch {
	case v == nil:
		return nil
	case v.Kind == settings.List:
		return v.Strings()
	case v.Kind == settings.Map:
		var out []string
		for _, e := range v.Entries {
			out = append(out, e.Key+"="+e.Value.Text)
		}
		return out
	}
	return nil
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// explain adds to each finding the controls it touches and what to do about it.
func (w *Wanted) explain(r *Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Controls = controlsOf(f.Key)
		if f.Remedy == nil {
			f.Remedy = w.remedy(*f)
		}
	}
}

func controlsOf(k settings.Key) []string {
	out := controls.ForSetting(k)
	slices.SortFunc(out, strings.Compare)
	return slices.Compact(out)
}
