/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results: what every function that can fail returns.
 *
 * A result is NULL for success, or points to the constant that describes the error. Each library defines its own
 * errors beside its own code (MLS_ERR_…, WIRE_ERR_…), with no central register; two results are the same error if
 * they are the same pointer. Name, category and text travel with it, so that every error can reach the user in words.
 */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

/** Whose fault an error is, and so what its receiver can do about it. */
enum base_category {
    BASE_USAGE,    /**< the caller broke the function's contract; state unchanged */
    BASE_BLOCKED,  /**< not possible now, may be later: state unchanged, try again */
    BASE_PEER,     /**< the other side sent something that is refused; state unchanged */
    BASE_CRYPTO,   /**< a signature, tag or key is wrong; state unchanged */
    BASE_LIMIT,    /**< a bound was reached: memory, size, count, disk; state unchanged */
    BASE_INTERNAL, /**< an invariant is broken: drop the object that returned it */
};

struct base_error {
    const char *name;            /**< as written in the source, stable: MLS_ERR_SIGNATURE */
    const char *text;            /**< one sentence for a person, without final full stop */
    const char *section;         /**< where the violated rule stands ("RFC 9420 §6.1"), or NULL */
    enum base_category category; /**< see there */
};

/** NULL is success. */
typedef const struct base_error *base_result;

#define BASE_OK ((base_result)0)

/** Put before the return type of every function that returns a result. */
#define BASE_MUST_USE __attribute__((warn_unused_result))

/** Defines an error: at file scope, in one source file; its header says `extern const struct base_error NAME;`. */
#define BASE_DEFINE_ERROR(NAME, CATEGORY, SECTION, TEXT)                                                               \
    const struct base_error NAME = { #NAME, TEXT, SECTION, CATEGORY }

/*
 * The one family of guards. They return from the function that uses them and do nothing else; what must be
 * undone on the way out is undone by BASE_CLEANUP (base/memory.h).
 */

/** Returns what EXPR returned, unless that is success. */
#define BASE_TRY(EXPR)                                                                                                 \
    do {                                                                                                               \
        base_result base_try_ = (EXPR);                                                                                \
        if (base_try_ != BASE_OK) {                                                                                    \
            return base_try_;                                                                                          \
        }                                                                                                              \
    } while (0)

/** Returns the error ERR (an error constant, not a pointer) unless COND holds. */
#define BASE_ENSURE(COND, ERR)                                                                                         \
    do {                                                                                                               \
        if (!(COND)) {                                                                                                 \
            return &(ERR);                                                                                             \
        }                                                                                                              \
    } while (0)

extern const struct base_error BASE_ERR_NO_MEMORY; /**< the allocator gave nothing */
extern const struct base_error BASE_ERR_TOO_LONG;  /**< a writer reached its maximum, or a size overflowed */
extern const struct base_error BASE_ERR_TRUNCATED; /**< the input ends before the value does */
extern const struct base_error BASE_ERR_TRAILING;  /**< bytes are left where a value must have ended */
extern const struct base_error BASE_ERR_VARINT;    /**< a length prefix is not minimal, or has the reserved form */
extern const struct base_error BASE_ERR_VALUE;     /**< a field holds a value that its type does not have */
extern const struct base_error BASE_ERR_RANDOM;    /**< the source of randomness failed */

#endif
