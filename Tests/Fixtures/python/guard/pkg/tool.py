import sys
import time


def main():
    word = "tool"
    print(word, sys.argv[1:])
    if "hang" in sys.argv:
        sys.stdout.flush() or time.sleep(60)
    return 0


if __name__ == "__main__":
    main()
