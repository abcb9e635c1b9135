// Package work is what the deaths do before they die.
package work

// Half has two ways out.
func Half(n int) int {
	if n%2 == 0 {
		return n / 2
	}
	return func() int { return 0 }()
}

// Map is generic.
func Map[K, V any](list []K, f func(K) V) []V {
	var result []V
	for _, k := range list {
		result = append(result, f(k))
	}
	return result
}

// Stack has methods of both kinds.
type Stack struct{ items []int }

func (s *Stack) Push(n int) { s.items = append(s.items, n) }
func (s Stack) Len() int    { return len(s.items) }

func empty() {}

func init() { empty() }

// Never runs.
func Never(n int) string {
	switch n {
	case 1:
		return "one"
	default:
		return "many"
	}
}
