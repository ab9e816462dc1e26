package profiles

func (v *validator) rbac() {
}
