package profiles

func (v *validator) namespaces() {
}
