package catalog

import "strings"

// DirectionFor returns the direction of a component's flag (path with its dashes) or field in a minor. A flag that has no
// row of its own has that of the field it sets, and a field that of its flag: the kubelet's --anonymous-auth is weaker where
// authentication.anonymous.enabled is. The values compare alike, a flag's as its text or its tree.
func DirectionFor(m *Minor, component, path string) (Direction, bool) {
	if d, ok := DirectionOf(component + ":" + path); ok {
		return d, true
	}
	if flag, ok := strings.CutPrefix(path, "--"); ok {
		if field, ok := m.FieldOfFlag(component, flag); ok {
			return DirectionOf(component + ":" + field)
		}
		return Direction{}, false
	}
	if flag, ok := m.FlagOfField(component, path); ok {
		return DirectionOf(component + ":--" + flag)
	}
	return Direction{}, false
}
