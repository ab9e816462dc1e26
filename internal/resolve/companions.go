package resolve

func expandCompanions(b *builder) {
}
