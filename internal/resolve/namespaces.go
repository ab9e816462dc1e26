package resolve

func expandNamespaces(b *builder) {
}
