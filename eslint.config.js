import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const TESTS = ['**/*.test.ts', '**/*.test.tsx', 'test/**', 'bench/**', 'vitest.config.ts']

export default defineConfig(
  globalIgnores(['packages/*/dist/', '**/node_modules/', '.test/', '.millrace/', 'coverage/']),
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['packages/millrace/tsconfig.json', 'packages/app/**/tsconfig*.json', 'tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An underscore says that a value is left out on purpose.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers and errors read well inside a sentence.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => emit(x)` is plainer than the same with braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A method that may be taken off its object says so.
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      // A long type under a short name: readers of an error see the name.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      // Loops that end by `break` or `return` say so themselves.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // A NUL or an escape in a pattern is what a parser of bytes is about.
      'no-control-regex': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx'],
    ignores: TESTS,
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, IIFEs: true }],
    },
  },
  {
    // Every method of a store or a sink is asynchronous, also where one implementation needs not wait.
    files: ['packages/*/src/**/*.ts'],
    rules: { '@typescript-eslint/require-await': 'off' },
  },
  {
    // Whatever a runtime hands over is untyped until it is looked at.
    files: ['packages/millrace/src/runtime/**'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    // A test may know better than the compiler what is there.
    files: TESTS,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `expect(object.method)` does not call it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: globals.node },
  },
)
