// Package e2e tests Portico as a person uses it: the real programs, a real browser, a
// real key store, a real window, and two providers that others wrote. It knows the
// programs as files to run, their documented output and exit codes, and the local
// contract; nothing of what they are made of.
//
// Its tests start many processes and take minutes. If a system package is missing they
// fail, and name it.
package e2e
