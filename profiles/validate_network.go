package profiles

func (v *validator) networkPolicy() {
}
