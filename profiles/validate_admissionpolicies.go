package profiles

func (v *validator) admissionPolicies() {
}
