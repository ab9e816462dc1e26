package profiles

func (v *validator) companions() {
}
